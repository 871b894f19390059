//! `moto` as AWS, and a gateway before it.

use std::fs::File;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tests::client::{self, Request};
use tests::ports::free_port;
use tests::target::process::find_edgeway;
use tokio::net::TcpStream;

/// How long a process may take until it listens; moto reads all of botocore.
const START: Duration = Duration::from_secs(60);
/// Calls that moto takes without looking at their signature: those that make the credentials.
const UNSIGNED_CALLS: usize = 4;

/// A running `moto`, and the credentials of its user `gateway`.
pub(crate) struct Moto {
    process: Child,
    address: SocketAddr,
    access_key_id: String,
    pub(crate) secret_access_key: String,
}

impl Moto {
    /// One that takes requests as they come.
    pub(crate) async fn start() -> Self {
        Self::start_with(None).await
    }

    /// One that looks at the signature and the permissions of every request, but for the first.
    ///
    /// It leaves the URL's query out of what it verifies, so that requests with one are refused.
    pub(crate) async fn start_verifying() -> Self {
        Self::start_with(Some(UNSIGNED_CALLS)).await
    }

    async fn start_with(unsigned_calls: Option<usize>) -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let mut command = Command::new(python());
        command.args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &address.port().to_string()]);
        if let Some(unsigned_calls) = unsigned_calls {
            command.env("INITIAL_NO_AUTH_ACTION_COUNT", unsigned_calls.to_string());
        }
        let mut process =
            command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("python starts");
        wait_for(address, &mut process, String::new).await;
        let mut moto = Self {
            process,
            address,
            access_key_id: String::new(),
            secret_access_key: String::new(),
        };
        moto.iam("Action=CreateUser&UserName=gateway").await;
        let policy = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22*%22%2C%22Resource%22%3A%22*%22%7D%5D%7D";
        moto.iam(&format!(
            "Action=PutUserPolicy&UserName=gateway&PolicyName=all&PolicyDocument={policy}"
        ))
        .await;
        moto.iam("Action=CreateRole&RoleName=gateway&AssumeRolePolicyDocument=%7B%7D").await;
        let keys = moto.iam("Action=CreateAccessKey&UserName=gateway").await;
        moto.access_key_id = super::between(&keys, "AccessKeyId").into();
        moto.secret_access_key = super::between(&keys, "SecretAccessKey").into();
        moto
    }

    async fn iam(&self, form: &str) -> String {
        // The scope tells moto which service is meant.
        let scope = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0";
        let request = Request {
            method: "POST".into(),
            target: "/".into(),
            fields: [
                ("Host", self.address.to_string().as_str()),
                ("Authorization", scope),
                ("Content-Type", "application/x-www-form-urlencoded"),
                ("Content-Length", &(form.len() + "&Version=2010-05-08".len()).to_string()),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
            content: format!("{form}&Version=2010-05-08").into_bytes(),
        };
        let answer = client::send(self.address, &request).await.expect("moto answers");
        let text = String::from_utf8_lossy(&answer.content).into_owned();
        assert_eq!(answer.status, 200, "{text}");
        text
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A running gateway with the APIs `rest` and `http`.
pub(crate) struct Edgeway {
    process: Child,
    address: SocketAddr,
    folder: TempDir,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    content: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.content).into_owned()
    }
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.content).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl Edgeway {
    /// With one more line in its configuration.
    pub(crate) async fn start(moto: &Moto, rest: &Value, http: &Value, line: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("edgeway-services-").tempdir().unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let write =
            |name: &str, text: String| std::fs::write(folder.path().join(name), text).unwrap();
        write("rest.json", rest.to_string());
        write("http.json", http.to_string());
        write(
            "edgeway.yaml",
            format!(
                "listen: {address}\nregion: us-east-1\n{line}\napis:\n\
                 - {{id: rest, protocol: REST, definition: rest.json, stages: [{{stageName: prod}}]}}\n\
                 - {{id: http, protocol: HTTP, definition: http.json, stages: [{{stageName: $default, \
                 accessLogSettings: {{format: '$context.status $context.integrationErrorMessage', destination: stderr}}}}]}}\n"
            ),
        );
        let mut command = Command::new(find_edgeway().unwrap());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("AWS_") {
                command.env_remove(name);
            }
        }
        let log = File::create(folder.path().join("log")).unwrap();
        command
            .args(["serve", "--engine", "native", "--config"])
            .arg(folder.path().join("edgeway.yaml"))
            .env("AWS_ENDPOINT_URL", format!("http://{}", moto.address))
            .env("AWS_ACCESS_KEY_ID", &moto.access_key_id)
            .env("AWS_SECRET_ACCESS_KEY", &moto.secret_access_key)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        let mut process = command.spawn().expect("edgeway starts");
        let log = || std::fs::read_to_string(folder.path().join("log")).unwrap_or_default();
        wait_for(address, &mut process, log).await;
        Self { process, address, folder }
    }

    /// One that serves a REST API to clients who sign, with this line in its configuration.
    pub(crate) async fn start_signed(address: SocketAddr, rest: &Value, line: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("edgeway-signed-").tempdir().unwrap();
        let write =
            |name: &str, text: String| std::fs::write(folder.path().join(name), text).unwrap();
        write("rest.json", rest.to_string());
        write("session.secret", "session-secret\n".into());
        let apis = "apis: [{id: rest, protocol: REST, definition: rest.json, stages: [{stageName: prod}]}]";
        let config = format!("listen: {address}\nregion: us-east-1\n{line}\n{apis}\n");
        write("edgeway.yaml", config);
        let log = File::create(folder.path().join("log")).unwrap();
        let mut process = Command::new(find_edgeway().unwrap())
            .args(["serve", "--engine", "native", "--config"])
            .arg(folder.path().join("edgeway.yaml"))
            .env("ALICE_SECRET", "alice-secret")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("edgeway starts");
        let log = || std::fs::read_to_string(folder.path().join("log")).unwrap_or_default();
        wait_for(address, &mut process, log).await;
        Self { process, address, folder }
    }

    /// What the REST API answers to JSON content.
    pub(crate) async fn rest(&self, method: &str, path: &str, content: &str) -> Answer {
        self.send("rest", method, &format!("/prod{path}"), &[], content).await
    }

    /// The JSON of a call that goes well.
    pub(crate) async fn rest_json(&self, path: &str, content: Value) -> Value {
        let answer = self.rest("POST", path, &content.to_string()).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    /// What a distribution with the alias `cdn.example` answers.
    pub(crate) async fn distribution(&self, method: &str, path: &str, content: &str) -> Answer {
        self.send_to("cdn.example", method, path, &[], content).await
    }

    /// What the HTTP API answers at the path of a subtype.
    pub(crate) async fn http(&self, path: &str, fields: &[(&str, &str)], content: &str) -> Answer {
        self.send("http", "POST", &format!("/{path}"), fields, content).await
    }

    async fn send(
        &self,
        api: &str,
        method: &str,
        target: &str,
        fields: &[(&str, &str)],
        content: &str,
    ) -> Answer {
        self.send_to(&format!("{api}.execute-api.localhost"), method, target, fields, content).await
    }

    async fn send_to(
        &self,
        host: &str,
        method: &str,
        target: &str,
        fields: &[(&str, &str)],
        content: &str,
    ) -> Answer {
        let length = content.len().to_string();
        let own =
            [("Host", host), ("Content-Type", "application/json"), ("Content-Length", &*length)];
        let fields = own.iter().chain(fields);
        let request = Request {
            method: method.into(),
            target: target.into(),
            fields: fields.map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            content: content.as_bytes().to_vec(),
        };
        let answer = client::send(self.address, &request).await;
        let answer = answer.unwrap_or_else(|error| panic!("{target}: {error}\n{}", self.log()));
        Answer { status: answer.status, content: answer.content }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Edgeway {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        if std::thread::panicking() {
            eprintln!("the gateway's log:\n{}", self.log());
        }
    }
}

async fn wait_for(address: SocketAddr, process: &mut Child, log: impl Fn() -> String) {
    let listening = async {
        while TcpStream::connect(address).await.is_err() {
            if let Some(status) = process.try_wait().unwrap() {
                panic!("it ended before it listened: {status}\n{}", log());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(START, listening).await.expect("it listens");
}

/// The python that has moto.
pub(crate) fn python() -> PathBuf {
    tests::python::python("EDGEWAY_MOTO_PYTHON", "venv-moto", "tests/services/requirements.txt")
}
