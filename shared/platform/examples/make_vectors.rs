//! Writes `tests/envelope/vectors.json` from fixed inputs: `cargo run -p platform --example make_vectors`.
//!
//! Vectors are added, never changed: ciphertexts like them are stored.
#![allow(clippy::print_stdout, reason = "a command")]

#[path = "../tests/envelope/crafted.rs"]
mod crafted;
#[path = "../tests/envelope/samples.rs"]
mod samples;
#[path = "../tests/envelope/vector_file.rs"]
mod vector_file;

fn main() -> std::io::Result<()> {
    let contents = vector_file::contents();
    std::fs::write(vector_file::PATH, &contents)?;
    println!("{} bytes, {} vectors", contents.len(), contents.matches("\"sealed\"").count());
    Ok(())
}
