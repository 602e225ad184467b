//! The one table that is printed.

/// What a figure has to keep to.
#[derive(Clone, Copy)]
pub(crate) enum Bar {
    /// No more than this.
    AtMost(f64),
    /// No less than this.
    AtLeast(f64),
    /// Nothing: it explains others.
    None,
}

impl Bar {
    fn holds(self, figure: f64) -> Option<bool> {
        match self {
            Self::AtMost(bar) => Some(figure <= bar),
            Self::AtLeast(bar) => Some(figure >= bar),
            Self::None => None,
        }
    }
}

/// One figure.
pub(crate) struct Figure {
    /// What was measured.
    pub(crate) what: String,
    /// The number.
    pub(crate) value: f64,
    /// Its unit, with a space before it where one belongs.
    pub(crate) unit: &'static str,
    /// What it has to keep to.
    pub(crate) bar: Bar,
    /// What limits it, or what it is made of.
    pub(crate) limit: String,
}

/// Figures under headings.
#[derive(Default)]
pub(crate) struct Table {
    parts: Vec<(String, Vec<Figure>)>,
}

impl Table {
    /// Begins a part of the table.
    pub(crate) fn part(&mut self, heading: &str) {
        self.parts.push((heading.to_owned(), Vec::new()));
    }

    /// Adds a figure to the part that was begun last.
    pub(crate) fn add(
        &mut self,
        what: impl Into<String>,
        value: f64,
        unit: &'static str,
        bar: Bar,
        limit: impl Into<String>,
    ) {
        let figure = Figure { what: what.into(), value, unit, bar, limit: limit.into() };
        eprintln!("    {}: {}{}", figure.what, number(value), unit);
        if self.parts.is_empty() {
            self.part("");
        }
        if let Some((_, figures)) = self.parts.last_mut() {
            figures.push(figure);
        }
    }

    /// Prints everything. Answers how many figures keep to their bar and how many do not.
    pub(crate) fn print(&self) -> (usize, usize) {
        let (mut kept, mut missed) = (0, 0);
        for (heading, figures) in &self.parts {
            println!("\n{heading}");
            for figure in figures {
                let (bar, verdict) = match (figure.bar, figure.bar.holds(figure.value)) {
                    (Bar::AtMost(bar), Some(holds)) => (format!("<= {}", number(bar)), holds),
                    (Bar::AtLeast(bar), Some(holds)) => (format!(">= {}", number(bar)), holds),
                    _ => (String::new(), true),
                };
                let word = if bar.is_empty() {
                    ""
                } else if verdict {
                    kept += 1;
                    "ok"
                } else {
                    missed += 1;
                    "MISSED"
                };
                let value = format!("{}{}", number(figure.value), figure.unit);
                println!("  {:<58} {value:>14}  {bar:>9}  {word:<6}  {}", figure.what, figure.limit);
            }
        }
        (kept, missed)
    }
}

/// Three digits that count.
pub(crate) fn number(value: f64) -> String {
    match value.abs() {
        v if v >= 100.0 => format!("{value:.0}"),
        v if v >= 10.0 => format!("{value:.1}"),
        v if v >= 0.1 || v == 0.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

/// The middle one.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => values[n / 2],
        n => f64::midpoint(values[n / 2 - 1], values[n / 2]),
    }
}
