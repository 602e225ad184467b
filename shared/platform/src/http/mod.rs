//! HTTP at the edge of every function: problems, strict extractors, credentials, the origin guard.

pub mod cookie;
pub mod credentials;
pub mod cursor;
pub mod edge;
pub mod endpoints;
pub mod extract;
pub mod failure;
pub mod layers;
pub mod page;
pub mod views;

pub use credentials::{Credentials, LockableSession};
pub use extract::{Fields, Json, Query, path_parameter};
pub use failure::{Failure, FieldError, Problem, SharedContact};
pub use layers::with_layers;
pub use views::BrowserView;
