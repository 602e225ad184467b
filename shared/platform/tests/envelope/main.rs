//! What the envelope `PC1` promises, shown on whole ciphertexts: `docs/envelope.md`.

mod binding;
mod commitment;
mod crafted;
mod parser;
mod primitives;
mod samples;
mod tampering;
mod uniqueness;
mod vector_file;
mod vectors;
