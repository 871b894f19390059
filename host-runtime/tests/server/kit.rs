//! A host in this process, endpoints and clients made of raw sockets: every byte is the test's.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use host_runtime::engine::EngineKind;
use host_runtime::host::{Host, Options};
use host_runtime::settings::Settings;
use host_runtime::snapshot::{Built, Origin};
use host_runtime::worker::Deployment;

/// Nothing here takes nearly as long; a test that hangs fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A folder that goes with the test.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::Builder::new().prefix("edgeway-server-").tempdir().unwrap().keep())
    }
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.0.join(name);
        std::fs::write(&file, text).unwrap();
        file
    }
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(name)).unwrap_or_default()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A host that was not drained may still write its access log, once.
        let started = std::time::Instant::now();
        while self.0.exists() && started.elapsed() < PATIENCE {
            std::fs::remove_dir_all(&self.0).ok();
        }
    }
}

/// A REST definition: `/to/{path…}` goes to the endpoint, `/mock` answers with this status.
pub(crate) fn definition(endpoint: SocketAddr, mock_status: u16) -> String {
    format!(
        r#"
openapi: 3.0.1
info: {{title: t, version: "1"}}
paths:
  /to/{{proxy+}}:
    x-amazon-apigateway-any-method:
      parameters: [{{name: proxy, in: path, required: true, schema: {{type: string}}}}]
      x-amazon-apigateway-integration:
        type: http_proxy
        httpMethod: ANY
        uri: http://{endpoint}/{{proxy}}
        timeoutInMillis: 20000
        requestParameters: {{integration.request.path.proxy: method.request.path.proxy}}
  /hurried:
    get:
      x-amazon-apigateway-integration:
        {{type: http_proxy, httpMethod: GET, uri: "http://{endpoint}/hurried", timeoutInMillis: 50}}
  /hurried-and-read:
    get:
      responses: {{"200": {{description: d}}}}
      x-amazon-apigateway-integration:
        {{type: http, httpMethod: GET, uri: "http://{endpoint}/r", timeoutInMillis: 300, responses: {{default: {{statusCode: "200"}}}}}}
  /function:
    x-amazon-apigateway-any-method:
      x-amazon-apigateway-integration:
        type: aws_proxy
        httpMethod: POST
        uri: arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:f/invocations
  /mock:
    get:
      responses: {{"{mock_status}": {{description: d}}}}
      x-amazon-apigateway-integration:
        type: mock
        requestTemplates: {{application/json: '{{"statusCode": {mock_status}}}'}}
        responses: {{default: {{statusCode: "{mock_status}"}}}}
"#
    )
}

pub(crate) fn configuration(folder: &Folder, endpoint: SocketAddr) -> PathBuf {
    configuration_with(folder, endpoint, "")
}

/// With more lines at its top.
pub(crate) fn configuration_with(folder: &Folder, endpoint: SocketAddr, more: &str) -> PathBuf {
    folder.write("api.yaml", &definition(endpoint, 200));
    folder.write(
        "edgeway.yaml",
        &format!(
            r#"
listen: 127.0.0.1:0
{more}
apis:
  - id: a
    protocol: REST
    definition: api.yaml
    stages:
      - stageName: prod
        accessLogSettings: {{format: '$context.path $context.status', destination: access.log}}
functions: {{f: {{url: "http://{endpoint}"}}}}
"#
        ),
    )
}

pub(crate) fn build(config: &Path) -> Built {
    Origin::Config(config.to_owned()).build().unwrap_or_else(|refused| {
        let lines: Vec<String> = refused.diagnostics.iter().map(ToString::to_string).collect();
        panic!("{}", lines.join("\n"))
    })
}

pub(crate) fn deployment(built: &Built) -> Deployment {
    let settings = Arc::new(Settings::new(&built.config, None));
    Deployment { snapshot: built.snapshot.to_bytes().into(), settings }
}

/// A host that serves [`definition`].
pub(crate) struct Served {
    pub(crate) host: Host,
    pub(crate) folder: Folder,
    pub(crate) config: PathBuf,
}

impl Served {
    pub(crate) fn start(endpoint: SocketAddr) -> Self {
        let folder = Folder::new();
        let config = configuration(&folder, endpoint);
        Self::start_configured(folder, config, 2)
    }
    /// With more lines at the top of its configuration.
    pub(crate) fn start_with(endpoint: SocketAddr, more: &str) -> Self {
        let folder = Folder::new();
        let config = configuration_with(&folder, endpoint, more);
        Self::start_configured(folder, config, 2)
    }
    /// A host on this many threads that serves this configuration.
    pub(crate) fn start_configured(folder: Folder, config: PathBuf, threads: usize) -> Self {
        let built = build(&config);
        let options = Options {
            places: built.config.places(),
            threads,
            engine: EngineKind::Native,
            data_directory: built.config.data_directory.clone(),
            distributions_on_disk: built.config.distributions_on_disk.clone(),
        };
        let host = Host::start(&options, &deployment(&built)).unwrap();
        Self { host, folder, config }
    }
    pub(crate) fn client(&self) -> Client {
        Client::connect(self.host.address())
    }
    pub(crate) fn load_metrics(&self) -> String {
        let mut text = String::new();
        self.host.shared().load.write_metrics(&mut text);
        text
    }
    /// The access log, complete.
    pub(crate) fn drained_log(self) -> String {
        self.host.drain(PATIENCE);
        self.folder.read("access.log")
    }
}

/// An endpoint: each connection is handed to this function on a thread of its own.
pub(crate) fn endpoint(serve: impl Fn(Connection) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serve = Arc::new(serve);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let serve = Arc::clone(&serve);
            std::thread::spawn(move || serve(Connection::new(stream)));
        }
    });
    address
}

/// An endpoint that answers with `content` once it is told to: says when it was asked, and waits.
pub(crate) fn held_endpoint(content: &'static str) -> (SocketAddr, Receiver<()>, Sender<()>) {
    let (asked, arrived) = channel();
    let (go_on, wait) = channel();
    let wait = Mutex::new(wait);
    let endpoint = endpoint(move |mut connection| {
        connection.head();
        asked.send(()).unwrap();
        wait.lock().unwrap().recv_timeout(PATIENCE).unwrap();
        let length = content.len();
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{content}");
        connection.send(answer.as_bytes());
    });
    (endpoint, arrived, go_on)
}

/// An endpoint that answers every request with 200 and what it was asked.
pub(crate) fn echo() -> SocketAddr {
    endpoint(|mut connection| {
        while let Some(head) = connection.head() {
            let mut content = vec![0; content_length(&head)];
            connection.reader.read_exact(&mut content).unwrap();
            let answer = [head.as_bytes(), &content].concat();
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", answer.len());
            connection.send(&[head.as_bytes(), &answer].concat());
        }
    })
}

/// One end of a connection.
pub(crate) struct Connection {
    pub(crate) stream: TcpStream,
    pub(crate) reader: BufReader<TcpStream>,
}

pub(crate) type Client = Connection;

/// A response, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) content: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.content).into_owned()
    }
}

impl Connection {
    pub(crate) fn new(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        let reader = BufReader::new(stream.try_clone().unwrap());
        Self { stream, reader }
    }
    pub(crate) fn connect(address: SocketAddr) -> Self {
        Self::new(TcpStream::connect(address).unwrap())
    }
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }
    /// Everything up to an empty line; `None` when the other end closed.
    pub(crate) fn head(&mut self) -> Option<String> {
        let mut head = String::new();
        loop {
            let before = head.len();
            match self.reader.read_line(&mut head) {
                Ok(0) | Err(_) => return None,
                Ok(_) if &head[before..] == "\r\n" => return Some(head),
                Ok(_) => {}
            }
        }
    }
    pub(crate) fn get(&mut self, path: &str) -> Answer {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: h\r\n\r\n").as_bytes());
        self.answer()
    }
    pub(crate) fn answer(&mut self) -> Answer {
        let head = self.head().expect("an answer");
        let status = head[9..12].parse().unwrap();
        let mut content = Vec::new();
        if head.to_lowercase().contains("transfer-encoding: chunked") {
            while let Some(chunk) = self.chunk() {
                content.extend(chunk);
            }
        } else {
            content.resize(content_length(&head), 0);
            self.reader.read_exact(&mut content).unwrap();
        }
        Answer { status, head, content }
    }
    /// The next chunk of chunked content; `None` for the last.
    pub(crate) fn chunk(&mut self) -> Option<Vec<u8>> {
        let mut line = String::new();
        self.reader.read_line(&mut line).unwrap();
        let length = usize::from_str_radix(line.trim(), 16).unwrap();
        let mut chunk = vec![0; length + 2];
        self.reader.read_exact(&mut chunk).unwrap();
        chunk.truncate(length);
        (length > 0).then_some(chunk)
    }
    /// Waits until the other end closes.
    pub(crate) fn wait_for_close(&mut self) {
        let mut rest = Vec::new();
        match self.reader.read_to_end(&mut rest) {
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => panic!("it stays open"),
            _ => {}
        }
    }
}

/// Nobody tells; it is looked again and again.
pub(crate) fn wait_until(happened: impl Fn() -> bool) {
    let started = std::time::Instant::now();
    while !happened() {
        assert!(started.elapsed() < PATIENCE, "it does not happen");
        std::thread::yield_now();
    }
}

pub(crate) fn content_length(head: &str) -> usize {
    let head = head.to_lowercase();
    let mut lines = head.lines();
    lines.find_map(|l| l.strip_prefix("content-length:")).map_or(0, |v| v.trim().parse().unwrap())
}
