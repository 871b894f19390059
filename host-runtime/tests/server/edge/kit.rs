//! A host with a distribution, and origins for it.

use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::kit::*;

/// A host with a distribution in front of this endpoint; the behaviour and the configuration with changes.
pub(super) struct Edge {
    pub(super) served: Served,
    address: SocketAddr,
}

fn merge(value: &mut Value, changes: Value) {
    match (value, changes) {
        (Value::Object(object), Value::Object(changes)) => {
            for (name, change) in changes {
                merge(object.entry(name).or_insert(Value::Null), change);
            }
        }
        (value, change) => *value = change,
    }
}

pub(super) fn distribution(endpoint: SocketAddr, changes: Value) -> Value {
    let all = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"];
    let mut document = json!({"DistributionConfig": {
        "CallerReference": "r",
        "Comment": "",
        "Enabled": true,
        "Origins": {"Items": [{
            "Id": "web",
            "DomainName": "127.0.0.1",
            "CustomOriginConfig": {
                "HTTPPort": endpoint.port(), "HTTPSPort": 443, "OriginProtocolPolicy": "http-only",
            },
        }]},
        "DefaultCacheBehavior": {
            "TargetOriginId": "web",
            "ViewerProtocolPolicy": "allow-all",
            "AllowedMethods": {"Items": all, "CachedMethods": {"Items": ["GET", "HEAD"]}},
            // UseOriginCacheControlHeaders-QueryStrings
            "CachePolicyId": "4cc15a8a-d715-48a4-82b8-cc0b614638fe",
        },
    }});
    merge(&mut document["DistributionConfig"], changes);
    document
}

impl Edge {
    pub(super) fn start(endpoint: SocketAddr, changes: Value) -> Self {
        Self::start_with(endpoint, &distribution(endpoint, changes), "", &[])
    }

    pub(super) fn start_with(
        endpoint: SocketAddr,
        document: &Value,
        more: &str,
        references: &[(&str, Value)],
    ) -> Self {
        Self::start_in(Folder::new(), endpoint, document, more, references)
    }

    /// With files of the configuration's that are in `folder` already.
    pub(super) fn start_in(
        folder: Folder,
        endpoint: SocketAddr,
        document: &Value,
        more: &str,
        references: &[(&str, Value)],
    ) -> Self {
        folder.write("distribution.json", &document.to_string());
        for (name, reference) in references {
            folder.write(name, &reference.to_string());
        }
        let names: Vec<&str> = references.iter().map(|(name, _)| *name).collect();
        let lines = format!(
            "distributions:\n  - id: d\n    definition: distribution.json\n    references: {names:?}\n    \
             listen: 127.0.0.1:0\n    cacheStatus: true\n{more}"
        );
        let config = configuration_with(&folder, endpoint, &lines);
        Self::of(Served::start_configured(folder, config, 2))
    }

    /// The same after a restart.
    pub(super) fn restarted(self) -> Self {
        let Served { host, folder, config } = self.served;
        host.drain(PATIENCE);
        Self::of(Served::start_configured(folder, config, 2))
    }

    pub(super) fn of(served: Served) -> Self {
        let places = served.host.addresses().iter();
        let own = places.clone().find(|(place, _)| place.distribution_id.is_some());
        let address = own.expect("a listener of its own").1;
        Self { served, address }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn client(&self) -> Client {
        Client::connect(self.address)
    }

    pub(super) fn get(&self, path: &str) -> Answer {
        self.client().get(path)
    }

    pub(super) fn ask(&self, method: &str, path: &str, lines: &str) -> Answer {
        let mut client = self.client();
        client.send(format!("{method} {path} HTTP/1.1\r\nHost: h\r\n{lines}\r\n").as_bytes());
        if method == "HEAD" {
            let head = client.head().expect("an answer");
            return Answer { status: head[9..12].parse().unwrap(), head, content: Vec::new() };
        }
        client.answer()
    }
}

/// An endpoint whose calls are told of, and answered when the test says so.
pub(super) struct Gated {
    pub(super) address: SocketAddr,
    pub(super) calls: Receiver<(String, Sender<Vec<u8>>)>,
}

pub(super) fn gated() -> Gated {
    let (tell, calls) = channel();
    let tell = Mutex::new(tell);
    let address = endpoint(move |mut connection| {
        while let Some(head) = connection.head() {
            let (answer, wait) = channel::<Vec<u8>>();
            let _ = tell.lock().unwrap().send((head, answer));
            while let Ok(part) = wait.recv_timeout(PATIENCE) {
                connection.send(&part);
            }
        }
    });
    Gated { address, calls }
}

impl Gated {
    pub(super) fn call(&self) -> (String, Sender<Vec<u8>>) {
        self.calls.recv_timeout(PATIENCE).expect("a call")
    }

    /// Answers the next call, and says what it asked.
    pub(super) fn answer(&self, lines: &str, content: &str) -> String {
        let (head, answer) = self.call();
        answer.send(response(200, lines, content)).unwrap();
        head
    }
}

pub(super) fn response(status: u16, lines: &str, content: &str) -> Vec<u8> {
    let length = content.len();
    format!("HTTP/1.1 {status} S\r\n{lines}Content-Length: {length}\r\n\r\n{content}").into_bytes()
}

/// An endpoint that answers at once: with what this says of the request's head, and of how many came before.
pub(super) fn answering(
    answer: impl Fn(&str, usize) -> Vec<u8> + Send + Sync + 'static,
) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let heads = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&heads);
    let address = endpoint(move |mut connection| {
        while let Some(head) = connection.head() {
            let mut content = vec![0; content_length(&head)];
            std::io::Read::read_exact(&mut connection.reader, &mut content).unwrap();
            let count = {
                let mut heads = told.lock().unwrap();
                heads.push(head.clone());
                heads.len()
            };
            connection.send(&answer(&head, count));
        }
    });
    (address, heads)
}

pub(super) fn fresh(content: &str) -> Vec<u8> {
    response(200, "Cache-Control: max-age=600\r\n", content)
}

pub(super) fn has(answer: &Answer, line: &str) -> bool {
    answer.head.to_lowercase().lines().any(|one| one == line.to_lowercase())
}
