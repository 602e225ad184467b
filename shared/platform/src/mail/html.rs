//! A mail as HTML that old mail programs understand: tables for layout, styles on the elements, nothing fetched from
//! anywhere, colours that survive a dark screen. It is well-formed XML too, which is how the tests read it.

use std::fmt::Write;

use domain::language::Language;

use super::content::{Block, Content};

/// Colours for mail programs that honour them; the others keep or invert the light ones, which stay readable.
const STYLE: &str = "
:root{color-scheme:light dark;supported-color-schemes:light dark}
@media (prefers-color-scheme:dark){
.page{background-color:#101718 !important}
.card{background-color:#1b2426 !important;border-color:#33444a !important}
.ink{color:#eef4f4 !important}
.soft{color:#b4c3c5 !important}
.link{color:#7fd6dd !important}
.button{background-color:#8adfe6 !important}
.button a{color:#06292c !important}
.code{background-color:#101718 !important;color:#eef4f4 !important}
}
@media (max-width:480px){
.card{padding:24px 20px !important}
.edge{padding:12px 8px !important}
}
";

const FONT: &str =
    "font-family:-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;";
const MONO: &str = "font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'Courier New',monospace;";

/// Writes text into HTML, in element content and in quoted attributes alike.
pub(super) struct Escaped<'a>(pub(super) &'a str);

impl std::fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                _ => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// The whole document, in short lines. Web mail drops the `html` and `body` elements, so language and direction stand
/// on an element inside as well.
pub(super) fn document(content: &Content, language: &Language) -> String {
    let direction = language.direction().as_str();
    let subject = Escaped(&content.subject);
    let preview = Escaped(&content.preview);
    // Without the filler, an inbox would show the beginning of the mail after the preview.
    let filler = format!("\n{}", "&#847;&#8204;&#160;".repeat(10)).repeat(6);
    let blocks: String = content.blocks.iter().map(block).collect();
    let language = Escaped(language.as_str());
    format!(
        r#"<!DOCTYPE html>
<html lang="{language}" dir="{direction}">
<head>
<meta charset="utf-8" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<meta name="color-scheme" content="light dark" />
<meta name="supported-color-schemes" content="light dark" />
<meta name="format-detection" content="telephone=no, date=no, address=no, email=no, url=no" />
<title>{subject}</title>
<style>{STYLE}</style>
</head>
<body class="page" style="margin:0;padding:0;background-color:#eef3f3;">
<div style="display:none;max-height:0;max-width:0;overflow:hidden;opacity:0;font-size:1px;line-height:1px;mso-hide:all;">{preview}{filler}</div>
<div role="article" aria-roledescription="email" aria-label="{subject}" lang="{language}" dir="{direction}">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0">
<tr>
<td class="page edge" align="center" style="padding:24px 12px;background-color:#eef3f3;">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:560px;">
<tr>
<td class="card" style="padding:32px;background-color:#ffffff;border:1px solid #d5e0e0;border-radius:14px;{FONT}font-size:18px;line-height:1.5;">
{blocks}</td>
</tr>
</table>
</td>
</tr>
</table>
</div>
</body>
</html>
"#
    )
}

fn block(block: &Block) -> String {
    match block {
        Block::Lead(text) => paragraph("soft", "#4a5a5c", "0 0 20px", "16px", text),
        Block::Heading(text) => format!(
            "<h1 class=\"ink\" style=\"margin:0 0 12px;font-size:26px;line-height:1.25;font-weight:700;color:#14282b;\">{}</h1>\n",
            Escaped(text)
        ),
        Block::Paragraph(text) => paragraph("ink", "#14282b", "0 0 20px", "18px", text),
        Block::Aside(text) => paragraph("soft", "#4a5a5c", "0 0 20px", "16px", text),
        Block::Button { label, link } => button(label, link),
        Block::Code { label, code } => format!(
            "<p class=\"ink\" style=\"margin:0 0 8px;color:#14282b;\">{}</p>\n\
             <p class=\"code\" dir=\"ltr\" style=\"margin:0 0 20px;padding:14px 8px;background-color:#eef3f3;\
             border-radius:10px;{MONO}font-size:30px;line-height:1.2;font-weight:700;letter-spacing:3px;\
             text-align:center;color:#14282b;\">{}</p>\n",
            Escaped(label),
            Escaped(code)
        ),
        Block::Phone { label, e164, for_people } => format!(
            "<p class=\"ink\" style=\"margin:0 0 20px;color:#14282b;\">{} <a class=\"link\" ses:no-track \
             href=\"tel:{}\" style=\"color:#0d5c63;white-space:nowrap;\"><span dir=\"ltr\">{}</span></a></p>\n",
            Escaped(label),
            Escaped(e164),
            Escaped(for_people)
        ),
        Block::LinkInLetters { label, link } => format!(
            "<p class=\"soft\" style=\"margin:0;font-size:14px;color:#4a5a5c;\">{}<br />\
             <span dir=\"ltr\" style=\"word-break:break-all;\">{}</span></p>\n",
            Escaped(label),
            Escaped(link)
        ),
    }
}

fn paragraph(class: &str, colour: &str, margin: &str, size: &str, text: &str) -> String {
    format!(
        "<p class=\"{class}\" style=\"margin:{margin};font-size:{size};color:{colour};\">{}</p>\n",
        Escaped(text)
    )
}

/// A button that is a cell with a link in it: Outlook paints the cell, everybody else the whole link.
/// `ses:no-track` keeps SES from rewriting the link should somebody switch click tracking on: the token in it is
/// for the reader alone (<https://docs.aws.amazon.com/ses/latest/dg/faqs-metrics.html>).
fn button(label: &str, link: &str) -> String {
    format!(
        "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" \
         style=\"margin:0 0 24px;\">\n<tr>\n\
         <td class=\"button\" align=\"center\" bgcolor=\"#0d5c63\" style=\"border-radius:12px;background-color:#0d5c63;\
         mso-padding-alt:18px 24px;\">\n\
         <a ses:no-track href=\"{}\" style=\"display:block;padding:18px 24px;{FONT}font-size:20px;line-height:1.3;\
         font-weight:700;color:#ffffff;text-decoration:none;border-radius:12px;\">{}</a>\n</td>\n</tr>\n</table>\n",
        Escaped(link),
        Escaped(label)
    )
}

#[cfg(test)]
mod tests {
    use super::Escaped;

    #[test]
    fn no_text_opens_a_tag_or_ends_an_attribute() {
        assert_eq!(
            Escaped("\"><script>alert('O & O')</script>").to_string(),
            "&quot;&gt;&lt;script&gt;alert(&#39;O &amp; O&#39;)&lt;/script&gt;"
        );
    }
}
