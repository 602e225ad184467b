//! What more than one function shows alike.

use domain::browser::Browser;
use serde::Serialize;
use utoipa::ToSchema;

/// A browser, in words that its owner recognises.
#[derive(Serialize, ToSchema)]
pub struct BrowserView {
    /// The program.
    #[schema(required = true, example = "Safari")]
    pub program: Option<&'static str>,
    /// What it runs on.
    #[schema(required = true, example = "iPhone")]
    pub system: Option<&'static str>,
}

impl From<Browser> for BrowserView {
    fn from(browser: Browser) -> Self {
        Self {
            program: browser.program.map(|program| program.as_str()),
            system: browser.system.map(|system| system.as_str()),
        }
    }
}
