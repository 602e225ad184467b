//! The audit log: [`chain`] links, keeps and signs it as events come.

pub mod chain;
