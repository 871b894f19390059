//! The Products API of `examples/products`, by every engine: its configuration and definitions as they stand there,
//! but for addresses; its function's own program; tokens of its issuer.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use tests::client::{self, Request, Response};
use tests::function::Function;
use tests::json::Json;
use tests::ports::free_port;
use tests::target::{Engine, Failure, Gateway, Target, process::find_program};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use super::on_a_runtime;

#[test]
fn the_products_api_is_served_by_the_component() {
    is_served_by(Engine::Component);
}

#[test]
fn the_products_api_is_served_by_the_native_engine() {
    is_served_by(Engine::Native);
}

#[test]
fn the_products_api_is_served_by_the_worker() {
    is_served_by(Engine::Worker);
}

fn is_served_by(engine: Engine) {
    on_a_runtime(async {
        let example = Example::set_up(engine).await;
        let target = Target::find(engine).await.unwrap_or_else(|error| panic!("{error}"));
        let target = target.compiled_quickly();
        let gateway = target.start(&example.config, example.listen, 0).await;
        let gateway = gateway.unwrap_or_else(|failure| match failure {
            Failure::Refused(why) | Failure::Broken(why) => panic!("{engine}: {why}"),
        });
        rest_api(&example, &gateway).await;
        http_api(&example, &gateway).await;
        gateway.stop().await;
        target.stop().await;
    });
}

const ORDER: &str =
    r#"{"customerId":"cust-0a1b2c3d","items":[{"productId":"prod-123","quantity":2}]}"#;

async fn rest_api(example: &Example, gateway: &Gateway) {
    let rest = |method, path| Asked::new(gateway, "products", method, path);
    let token = example.token(&["--for", "rest"]).await;
    let expired = example.token(&["--for", "rest", "--expires-in", "-60"]).await;

    let answer = rest("GET", "/prod/health").answer().await;
    assert_eq!(told(&answer), (200, r#"{"status":"ok"}"#.to_owned()));

    let answer = rest("GET", "/prod/products/prod-123").answer().await;
    assert_eq!(told(&answer), (401, r#"{"message":"Unauthorized"}"#.to_owned()));
    let answer = rest("GET", "/prod/products/prod-123").with("Authorization", &expired);
    let expired = r#"{"message":"The incoming token has expired"}"#.to_owned();
    assert_eq!(told(&answer.answer().await), (401, expired));

    let answer = rest("GET", "/prod/products/prod-123").with("Authorization", &token);
    let answer = answer.answer().await;
    assert_eq!((answer.status, text(&answer, "productId")), (200, "prod-123".to_owned()));
    let answer = rest("GET", "/prod/products/prod-999").with("Authorization", &token);
    let answer = answer.answer().await;
    assert_eq!((answer.status, text(&answer, "code")), (404, "PRODUCT_404".to_owned()));

    assert_eq!(rest("POST", "/prod/orders").sending(ORDER).answer().await.status, 401);
    let order = rest("POST", "/prod/orders").with("Authorization", &token).sending(ORDER);
    let order = order.answer().await;
    assert_eq!(order.status, 201, "{order:?}");
    let path = format!("/prod/orders/{}", text(&order, "orderId"));
    let kept = rest("GET", &path).with("Authorization", &token).answer().await;
    assert_eq!((kept.status, text(&kept, "orderId")), (200, text(&order, "orderId")));
}

async fn http_api(example: &Example, gateway: &Gateway) {
    let http = |method, path| Asked::new(gateway, "products-http", method, path);
    let token = format!("Bearer {}", example.token(&["--for", "http"]).await);
    let reader = example.token(&["--for", "http", "--scope", "products/read"]).await;
    let reader = format!("Bearer {reader}");
    const ORIGIN: &str = "https://app.example.com";

    let answer = http("GET", "/health").with("Origin", ORIGIN).answer().await;
    assert_eq!(told(&answer), (200, r#"{"status":"ok"}"#.to_owned()));
    assert_eq!(field(&answer, "access-control-allow-origin"), ORIGIN);

    let answer = http("GET", "/products/prod-123").answer().await;
    assert_eq!(told(&answer), (401, r#"{"message":"Unauthorized"}"#.to_owned()));
    assert_eq!(field(&answer, "www-authenticate"), "Bearer");
    let answer = http("GET", "/products/prod-123").with("Authorization", &token).answer().await;
    assert_eq!((answer.status, text(&answer, "productId")), (200, "prod-123".to_owned()));

    let answer = http("POST", "/orders").with("Authorization", &reader).sending(ORDER);
    let forbidden = r#"{"message":"Forbidden"}"#.to_owned();
    assert_eq!(told(&answer.answer().await), (403, forbidden), "the scope is missing");
    let answer = http("POST", "/orders").with("Authorization", &token).sending(ORDER);
    assert_eq!(answer.answer().await.status, 201);

    let preflight = http("OPTIONS", "/orders").with("Origin", ORIGIN);
    let preflight = preflight.with("Access-Control-Request-Method", "POST").answer().await;
    assert_eq!(told(&preflight), (204, String::new()));
    assert_eq!(field(&preflight, "access-control-allow-origin"), ORIGIN);
    assert_eq!(field(&preflight, "access-control-allow-methods"), "GET,POST");
    assert_eq!(field(&preflight, "access-control-allow-headers"), "authorization,content-type");
    assert_eq!(field(&preflight, "access-control-max-age"), "3600");
}

/// The example, with its issuer running.
struct Example {
    folder: TempDir,
    config: PathBuf,
    listen: SocketAddr,
    issuer: SocketAddr,
    _function: Option<Function>,
    _issuer: Child,
}

impl Example {
    async fn set_up(engine: Engine) -> Self {
        let folder = tempfile::Builder::new().prefix("edgeway-products-").tempdir().unwrap();
        let [listen, admin, issuer] =
            [(); 3].map(|()| SocketAddr::from(([127, 0, 0, 1], free_port())));
        let program = find_program("products-function", "products-function").unwrap();
        let (function, how) = match engine {
            Engine::Component | Engine::Native => (None, format!("command: [{program:?}]")),
            // There are no programs.
            Engine::Worker | Engine::Wasi => {
                let function = Function::start(&program).await.unwrap();
                let how = format!("url: {:?}", function.url);
                (Some(function), how)
            }
        };
        let elsewhere = [
            ("127.0.0.1:8080", listen.to_string()),
            ("127.0.0.1:9901", admin.to_string()),
            ("127.0.0.1:9902", issuer.to_string()),
            ("command: [../../target/edgeway/bin/products-function]", how),
        ];
        for (file, changes) in
            [("edgeway.yaml", &elsewhere[..]), ("rest.yaml", &[]), ("http.yaml", &elsewhere[2..3])]
        {
            fs::write(folder.path().join(file), changed(file, changes)).unwrap();
        }
        let config = folder.path().join("edgeway.yaml");
        let running = start_issuer(issuer, &key(&folder)).await;
        Self { folder, config, listen, issuer, _function: function, _issuer: running }
    }

    /// A token such as `products-issuer token` prints.
    async fn token(&self, arguments: &[&str]) -> String {
        let mut command = issuer();
        command.arg("token").args(arguments).arg("--key").arg(key(&self.folder));
        if arguments.contains(&"http") {
            command.args(["--issuer", &format!("http://{}", self.issuer)]);
        }
        let printed = command.output().await.unwrap();
        assert!(printed.status.success(), "{printed:?}");
        String::from_utf8(printed.stdout).unwrap().trim().to_owned()
    }
}

/// A file of the example with other addresses.
fn changed(file: &str, changes: &[(&str, String)]) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/products").join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    changes.iter().fold(text, |text, (from, to)| {
        assert!(text.contains(from), "{file} has no {from}");
        text.replace(from, to)
    })
}

fn key(folder: &TempDir) -> PathBuf {
    folder.path().join("issuer-key.json")
}

fn issuer() -> Command {
    let mut command = Command::new(find_program("products-issuer", "products-issuer").unwrap());
    command.kill_on_drop(true);
    command
}

async fn start_issuer(listen: SocketAddr, key: &Path) -> Child {
    let mut issuer = issuer();
    let issuer = issuer.args(["serve", "--listen", &listen.to_string(), "--key"]).arg(key);
    let mut issuer = issuer.spawn().unwrap();
    while TcpStream::connect(listen).await.is_err() {
        assert_eq!(issuer.try_wait().unwrap(), None, "the issuer ended");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    issuer
}

/// A request to one of the two APIs, by its name.
struct Asked(SocketAddr, Request);

impl Asked {
    fn new(gateway: &Gateway, api: &str, method: &str, path: &str) -> Self {
        let host = format!("{api}.execute-api.localhost");
        let request = Request {
            method: method.to_owned(),
            target: path.to_owned(),
            fields: vec![("Host".to_owned(), host)],
            content: Vec::new(),
        };
        Self(gateway.address, request)
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.1.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    fn sending(mut self, content: &str) -> Self {
        self.1.content = content.as_bytes().to_vec();
        let length = content.len().to_string();
        self.with("Content-Type", "application/json").with("Content-Length", &length)
    }

    async fn answer(self) -> Response {
        let Self(address, request) = self;
        let answer = client::send(address, &request).await;
        answer.unwrap_or_else(|error| panic!("{} {}: {error}", request.method, request.target))
    }
}

/// Status and content.
fn told(answer: &Response) -> (u16, String) {
    (answer.status, String::from_utf8_lossy(&answer.content).into_owned())
}

/// A member of JSON content.
fn text(answer: &Response, member: &str) -> String {
    let content = Json::parse(&told(answer).1).unwrap_or_default();
    content.get(member).map(Json::text).unwrap_or_else(|| panic!("{answer:?}"))
}

fn field(answer: &Response, name: &str) -> String {
    answer.fields.joined(name).unwrap_or_default()
}
