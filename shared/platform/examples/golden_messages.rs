//! Rewrites the golden files of mails and text messages: `cargo run -p platform --example golden_messages`.
//! Read the difference before committing it.

#[path = "../tests/samples/mod.rs"]
mod samples;

fn main() -> std::io::Result<()> {
    let directory = samples::golden_directory();
    std::fs::create_dir_all(&directory)?;
    for entry in std::fs::read_dir(&directory)? {
        std::fs::remove_file(entry?.path())?;
    }
    for (name, bytes) in samples::golden() {
        std::fs::write(directory.join(name), bytes)?;
    }
    Ok(())
}
