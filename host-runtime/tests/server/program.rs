//! The program itself, in a process of its own.

use std::fs::File;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command};

use crate::kit::*;

/// Where its standard error goes.
pub(crate) const LOG: &str = "edgeway.log";

pub(crate) struct Program {
    pub(crate) child: Child,
    pub(crate) listen: SocketAddr,
    pub(crate) admin: SocketAddr,
}

impl Program {
    /// Serves `edgeway.yaml` of this folder.
    pub(crate) fn start(folder: &Folder) -> Self {
        Self::start_on(folder, "native")
    }

    pub(crate) fn start_on(folder: &Folder, engine: &str) -> Self {
        let log = File::create(folder.write(LOG, "")).unwrap();
        Self::start_logging(folder, engine, log)
    }

    /// With this as its standard error.
    pub(crate) fn start_logging(folder: &Folder, engine: &str, log: File) -> Self {
        let program = Self::begin(folder, engine, log);
        program.wait_until(Self::is_up);
        program
    }

    /// The same, not waited for.
    pub(crate) fn begin(folder: &Folder, engine: &str, log: File) -> Self {
        let listen = free_address();
        let admin = free_address();
        let config = folder.read("edgeway.yaml");
        let config =
            config.replace("listen: 127.0.0.1:0", &format!("listen: {listen}\nadmin: {admin}"));
        let file = folder.write("edgeway.yaml", &config);
        let child = Command::new(env!("CARGO_BIN_EXE_edgeway"))
            .args(["serve", "--engine", engine, "--config"])
            .arg(file)
            .stderr(log)
            .spawn()
            .unwrap();
        Self { child, listen, admin }
    }
    pub(crate) fn is_up(&self) -> bool {
        TcpStream::connect(self.admin).is_ok()
    }
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
    }
    pub(crate) fn metric(&self, line: &str) -> bool {
        Client::connect(self.admin).get("/metrics").text().lines().any(|l| l == line)
    }
    /// The value of a metric without labels.
    pub(crate) fn metric_of(&self, name: &str) -> u64 {
        let text = Client::connect(self.admin).get("/metrics").text();
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("{name}: {text}"))
    }
    pub(crate) fn wait_until(&self, happened: impl Fn(&Self) -> bool) {
        let started = std::time::Instant::now();
        while !happened(self) {
            assert!(started.elapsed() < PATIENCE, "it does not happen");
            std::thread::yield_now();
        }
    }
    /// Waits for its end.
    pub(crate) fn ended(mut self) {
        assert!(self.child.wait().unwrap().success());
    }
    /// A call of the operator's, with these header lines and content.
    pub(crate) fn call(&self, line: &str, fields: &str, content: &str) -> Answer {
        let mut client = Client::connect(self.admin);
        let length = content.len();
        let head =
            format!("{line} HTTP/1.1\r\nHost: h\r\n{fields}Content-Length: {length}\r\n\r\n");
        client.send((head + content).as_bytes());
        client.answer()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

pub(crate) fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}
