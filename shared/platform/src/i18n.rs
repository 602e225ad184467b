//! Texts that leave the service, in the reader's language.
//!
//! The Fluent files of `shared/locales` are compiled in. A language is parsed when somebody first needs it, because
//! every millisecond of a cold start is paid for; adding a language is one line in [`LANGUAGES`] and its files.
//! Readers whose language has no files get English.

use std::sync::LazyLock;

use domain::language::Language;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};

/// What a text is for; each area is one file per language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Area {
    /// E-mails, `mail.ftl`.
    Mail,
    /// Text messages, `sms.ftl`.
    Sms,
    /// Scheduled texts and answers to texts, `text.ftl`.
    Text,
    /// Conversations as text for a chart, `chart.ftl`.
    Chart,
}

/// A message that its file does not hold, or that names a variable which was not given. The tests of this module
/// prove that no language has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("text {key} cannot be made")]
pub struct TextError {
    /// Which message.
    pub key: &'static str,
}

/// The texts of one area in one language.
pub struct Texts {
    language: Language,
    bundle: FluentBundle<FluentResource>,
}

struct Files {
    tag: &'static str,
    mail: LazyLock<Option<Texts>>,
    sms: LazyLock<Option<Texts>>,
    text: LazyLock<Option<Texts>>,
    chart: LazyLock<Option<Texts>>,
}

macro_rules! languages {
    ($($tag:literal),+) => {
        [$(Files {
            tag: $tag,
            mail: LazyLock::new(|| Texts::new($tag, include_str!(concat!("../../locales/", $tag, "/mail.ftl")))),
            sms: LazyLock::new(|| Texts::new($tag, include_str!(concat!("../../locales/", $tag, "/sms.ftl")))),
            text: LazyLock::new(|| Texts::new($tag, include_str!(concat!("../../locales/", $tag, "/text.ftl")))),
            chart: LazyLock::new(|| Texts::new($tag, include_str!(concat!("../../locales/", $tag, "/chart.ftl")))),
        }),+]
    };
}

/// Every language with texts. English comes first: it is the last resort.
static LANGUAGES: [Files; 2] = languages!["en", "es"];

/// The tags of all languages with texts, English first.
pub fn tags() -> impl Iterator<Item = &'static str> {
    LANGUAGES.iter().map(|files| files.tag)
}

impl Texts {
    /// The texts for a reader: in the language itself, else in its shorter forms (`es-MX`, `es`), else in English.
    ///
    /// # Errors
    /// [`TextError`] if a compiled-in file is broken, which the tests exclude.
    pub fn for_reader(area: Area, language: &Language) -> Result<&'static Self, TextError> {
        let found = language.chain().find_map(|tag| LANGUAGES.iter().find(|files| files.tag == tag));
        let files = found.unwrap_or(&LANGUAGES[0]);
        let (key, texts) = match area {
            Area::Mail => ("mail.ftl", &files.mail),
            Area::Sms => ("sms.ftl", &files.sms),
            Area::Text => ("text.ftl", &files.text),
            Area::Chart => ("chart.ftl", &files.chart),
        };
        LazyLock::force(texts).as_ref().ok_or(TextError { key })
    }

    fn new(tag: &str, source: &str) -> Option<Self> {
        let language = Language::parse(tag).ok()?;
        let resource = FluentResource::try_new(source.to_owned()).ok()?;
        let mut bundle = FluentBundle::new_concurrent(vec![tag.parse().ok()?]);
        // Isolation marks are invisible in a browser and visible rubbish in many phones and mail programs.
        bundle.set_use_isolating(false);
        bundle.add_resource(resource).ok()?;
        Some(Self { language, bundle })
    }

    /// The language that the texts are written in, which may be a fallback.
    pub fn language(&self) -> &Language {
        &self.language
    }

    /// One message with its variables filled in.
    ///
    /// # Errors
    /// [`TextError`] if there is no such message or it wants another variable.
    pub fn get(&self, key: &'static str, values: &[(&'static str, &str)]) -> Result<String, TextError> {
        let failed = TextError { key };
        let pattern = self.bundle.get_message(key).and_then(|message| message.value()).ok_or(failed)?;
        let mut args = FluentArgs::with_capacity(values.len());
        for (name, value) in values {
            args.set(*name, FluentValue::from(*value));
        }
        let mut errors = Vec::new();
        let text = self.bundle.format_pattern(pattern, Some(&args), &mut errors).into_owned();
        if errors.is_empty() { Ok(text) } else { Err(failed) }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use fluent_syntax::{ast, parser};

    use super::*;

    /// The only values that a text may name. Every one is a closed or validated type where the text is made.
    const VARIABLES: [&str; 21] = [
        "sender",
        "browser",
        "program",
        "system",
        "minutes",
        "hours",
        "code",
        "moment",
        "phone",
        "weekday",
        "month",
        "number",
        "day",
        "time",
        "times",
        "count",
        "place",
        "first",
        "second",
        "link",
        "emergency",
    ];

    fn sources() -> Vec<(&'static str, &'static str, String)> {
        tags()
            .flat_map(|tag| ["mail", "sms", "text", "chart"].map(|area| (tag, area)))
            .map(|(tag, area)| {
                let path = format!("{}/../locales/{tag}/{area}.ftl", env!("CARGO_MANIFEST_DIR"));
                (tag, area, std::fs::read_to_string(path).unwrap())
            })
            .collect()
    }

    fn variables(pattern: &ast::Pattern<&str>, into: &mut BTreeSet<String>) {
        for element in &pattern.elements {
            let ast::PatternElement::Placeable { expression } = element else { continue };
            match expression {
                ast::Expression::Inline(ast::InlineExpression::VariableReference { id }) => {
                    into.insert(id.name.to_owned());
                }
                other => panic!("texts hold nothing but variables, not {other:?}"),
            }
        }
    }

    /// Message -> variables, in the order of the file, and the review state of each.
    fn outline(source: &str) -> (BTreeMap<String, BTreeSet<String>>, Vec<String>) {
        let resource = parser::parse(source).expect("a Fluent file");
        let (mut messages, mut reviews) = (BTreeMap::new(), Vec::new());
        let mut review = None;
        for entry in &resource.body {
            match entry {
                ast::Entry::GroupComment(_) => review = None,
                ast::Entry::Comment(comment) => {
                    let line = comment.content.iter().find_map(|line| line.strip_prefix("review: "));
                    review = line.or(review);
                }
                ast::Entry::Message(message) => {
                    let mut names = BTreeSet::new();
                    variables(message.value.as_ref().expect("a value"), &mut names);
                    assert!(message.attributes.is_empty(), "{}", message.id.name);
                    assert!(
                        messages.insert(message.id.name.to_owned(), names).is_none(),
                        "{}",
                        message.id.name
                    );
                    let review = review.unwrap_or_else(|| panic!("{} has no review line", message.id.name));
                    assert!(matches!(review, "human-reviewed" | "machine"), "{review}");
                    reviews.push(format!("{} {review}", message.id.name));
                }
                ast::Entry::ResourceComment(_) => {}
                other => panic!("unexpected {other:?}"),
            }
        }
        (messages, reviews)
    }

    #[test]
    fn every_language_says_the_same_things() {
        let sources = sources();
        for area in ["mail", "sms", "text", "chart"] {
            let mut outlines =
                sources.iter().filter(|source| source.1 == area).map(|(tag, _, text)| (tag, outline(text).0));
            let (_, english) = outlines.next().unwrap();
            assert!(!english.is_empty());
            for (tag, other) in outlines {
                assert_eq!(other, english, "{tag}/{area}.ftl");
            }
        }
    }

    #[test]
    fn every_group_says_who_has_read_it() {
        for (tag, area, text) in sources() {
            assert!(!outline(&text).1.is_empty(), "{tag}/{area}");
        }
    }

    #[test]
    fn no_text_has_a_place_for_free_text() {
        for (tag, area, text) in sources() {
            for (message, names) in outline(&text).0 {
                for name in names {
                    assert!(VARIABLES.contains(&name.as_str()), "{tag}/{area}: {message} names ${name}");
                }
            }
        }
    }

    #[test]
    fn no_text_tells_that_the_sender_is_a_medical_practice() {
        let words = [
            "patient",
            "doctor",
            "clinic",
            "medic",
            "health",
            "treatment",
            "appointment",
            "pacient",
            "doctor",
            "médic",
            "clínic",
            "salud",
            "cita",
            "consultorio",
            "tratamiento",
        ];
        for (tag, area, text) in sources() {
            for line in text.lines().filter(|line| !line.starts_with('#')) {
                let line = line.to_lowercase();
                let word = words
                    .iter()
                    .find(|word| line.split(|c: char| !c.is_alphabetic()).any(|w| w.starts_with(**word)));
                assert_eq!(word, None, "{tag}/{area}: {line}");
            }
        }
    }

    #[test]
    fn readers_get_the_nearest_language() {
        for (wish, got) in
            [("es", "es"), ("es-MX", "es"), ("en-GB", "en"), ("ar", "en"), ("zh-Hant-TW", "en")]
        {
            let wish = Language::parse(wish).unwrap();
            for area in [Area::Mail, Area::Sms, Area::Text] {
                assert_eq!(Texts::for_reader(area, &wish).unwrap().language().as_str(), got);
            }
        }
    }

    #[test]
    fn a_missing_message_or_variable_is_an_error() {
        let texts = Texts::for_reader(Area::Mail, &Language::english()).unwrap();
        assert_eq!(texts.get("nothing", &[]), Err(TextError { key: "nothing" }));
        assert_eq!(texts.get("notice-body", &[]), Err(TextError { key: "notice-body" }));
        assert!(
            texts.get("notice-body", &[("sender", "Bright Eyes")]).unwrap().starts_with("Bright Eyes has")
        );
    }

    #[test]
    fn values_are_not_read_as_fluent_and_get_no_invisible_marks() {
        let texts = Texts::for_reader(Area::Mail, &Language::english()).unwrap();
        let text = texts.get("questions", &[("sender", "{ $code } Ríos")]).unwrap();
        assert_eq!(text, "Questions? Call { $code } Ríos:");
    }
}
