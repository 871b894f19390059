//! A function's own program behind Lambda's Invoke API, for gateways that start no programs.
//!
//! In front it is Lambda as its callers see it, behind it is the Runtime API that the program asks for its next event
//! ("Using the Lambda runtime API to build a custom runtime"). One program, one event at a time.

use std::io;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinSet;

use crate::wire::{self, Head, Otherwise};

/// A deadline that no event comes near to: the end of 2099.
const DEADLINE_MS: u64 = 4_102_444_799_000;

/// What Lambda sets for every function, and its runtimes ask for.
const ENVIRONMENT: [(&str, &str); 5] = [
    ("AWS_LAMBDA_FUNCTION_NAME", "function"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
    ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/function"),
    ("AWS_LAMBDA_LOG_STREAM_NAME", "stream"),
];

/// A running function; it ends when dropped.
#[derive(Debug)]
pub struct Function {
    /// `http://127.0.0.1:PORT`, which stands for Lambda.
    pub url: String,
    _program: Child,
    _serving: JoinSet<()>,
}

/// An event, and who waits for what the program makes of it.
type Invocation = (Vec<u8>, oneshot::Sender<Vec<u8>>);

/// What the connections share.
struct Lambda {
    invocations: mpsc::Sender<Invocation>,
    waiting: Mutex<mpsc::Receiver<Invocation>>,
    under_way: Mutex<Option<oneshot::Sender<Vec<u8>>>>,
}

impl Function {
    /// Starts a program that asks the Runtime API for events.
    pub async fn start(program: &Path) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let program = Command::new(program)
            .env("AWS_LAMBDA_RUNTIME_API", &address)
            .envs(ENVIRONMENT)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let (invocations, waiting) = mpsc::channel(1);
        let under_way = Mutex::new(None);
        let lambda = Arc::new(Lambda { invocations, waiting: Mutex::new(waiting), under_way });
        let mut serving = JoinSet::new();
        serving.spawn(accept(listener, lambda));
        Ok(Self { url: format!("http://{address}"), _program: program, _serving: serving })
    }
}

async fn accept(listener: TcpListener, lambda: Arc<Lambda>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let lambda = Arc::clone(&lambda);
        connections.spawn(async move {
            // Whoever goes away in the middle of an exchange is told nothing more.
            let _ = serve(BufReader::new(stream), &lambda).await;
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(mut stream: BufReader<TcpStream>, lambda: &Lambda) -> io::Result<()> {
    while let Some(head) = wire::read_head(&mut stream).await? {
        let content = wire::read_content(&mut stream, &head.fields, Otherwise::Empty).await?;
        let (status, fields, content) = lambda.answer(&head, content).await;
        let length = content.len();
        let head = format!("HTTP/1.1 {status}\r\n{fields}Content-Length: {length}\r\n\r\n");
        stream.write_all(&[head.as_bytes(), &content].concat()).await?;
    }
    Ok(())
}

impl Lambda {
    /// Status line, more fields, content.
    async fn answer(&self, head: &Head, content: Vec<u8>) -> (&'static str, String, Vec<u8>) {
        let target = head.start.split(' ').nth(1).unwrap_or_default();
        if target.ends_with("/invocations") {
            let (answered, answer) = oneshot::channel();
            let _ = self.invocations.send((content, answered)).await;
            return match answer.await {
                Ok(answer) => ("200 OK", String::new(), answer),
                Err(_) => ("502 Bad Gateway", String::new(), Vec::new()),
            };
        }
        if target.ends_with("/runtime/invocation/next") {
            return self.next().await;
        }
        if let Some(answered) = self.under_way.lock().await.take()
            && target.ends_with("/response")
        {
            let _ = answered.send(content); // a gateway may have given up
        }
        ("202 Accepted", String::new(), Vec::new())
    }

    async fn next(&self) -> (&'static str, String, Vec<u8>) {
        let Some((event, answered)) = self.waiting.lock().await.recv().await else {
            return ("500 Internal Server Error", String::new(), Vec::new());
        };
        *self.under_way.lock().await = Some(answered);
        let fields = format!(
            "Content-Type: application/json\r\nLambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n\
             Lambda-Runtime-Deadline-Ms: {DEADLINE_MS}\r\n\
             Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:000000000000:function:function\r\n"
        );
        ("200 OK", fields, event)
    }
}
