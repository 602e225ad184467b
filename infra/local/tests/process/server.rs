//! `local run` as a process of its own, on ports of its own, with its data in a directory of the test.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::client::Client;

/// A start takes a tenth of a second where nothing else runs.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where a test keeps the program: the same directory and ports at each start.
pub(crate) struct Place {
    directory: tempfile::TempDir,
    pub(crate) port: u16,
    wire_port: u16,
    level: &'static str,
}

/// The running program. Dropping it kills it.
pub(crate) struct Server {
    child: Child,
}

impl Place {
    pub(crate) fn new(level: &'static str) -> Self {
        // Both are held until both are known, so that they differ.
        let listeners = [0; 2].map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap());
        let [port, wire_port] = listeners.map(|listener| listener.local_addr().unwrap().port());
        Self { directory: tempfile::tempdir().unwrap(), port, wire_port, level }
    }

    pub(crate) fn data(&self) -> std::path::PathBuf {
        self.directory.path().join("data")
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(self.port)
    }

    /// Starts the program and does not wait for it.
    pub(crate) fn spawn(&self) -> Server {
        let log = File::options().create(true).append(true).open(self.log_file()).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_local"))
            .arg("run")
            .env("PORT", self.port.to_string())
            .env("BIND", "127.0.0.1")
            .env("LOCAL_AWS_PORT", self.wire_port.to_string())
            .env("LOCAL_AWS_BIND", "127.0.0.1")
            .env("LOCAL_DATA", self.data())
            .env("PORTAL_DIST", self.directory.path().join("no-portal"))
            .env("LOG_LEVEL", self.level)
            .env("TLS", "0")
            .env("NOTICE_DELAY_SECONDS", "0")
            .env_remove("PUBLIC_ORIGIN")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        Server { child }
    }

    /// Starts the program and waits until it answers. Answers how long that took, too.
    pub(crate) fn start(&self) -> (Server, Duration) {
        let began = Instant::now();
        let mut server = self.spawn();
        loop {
            if self.client().get("/v1/health").is_ok_and(|answer| answer.status == 200) {
                return (server, began.elapsed());
            }
            if let Some(status) = server.child.try_wait().unwrap() {
                panic!("the program ended with {status}: {}", self.log());
            }
            assert!(began.elapsed() < PATIENCE, "the program does not answer: {}", self.log());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn log_file(&self) -> std::path::PathBuf {
        Path::join(self.directory.path(), "log")
    }

    /// What all starts have written on standard error.
    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.log_file()).unwrap()).into_owned()
    }
}

impl Server {
    /// SIGKILL: the program has no say.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, as Ctrl-C and supervisors do, and waits until it has.
    pub(crate) fn stop(mut self) -> ExitStatus {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(asked.success());
        self.child.wait().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
