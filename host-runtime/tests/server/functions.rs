//! The Products functions behind both kinds of API, on AWS's own clients of the Lambda Runtime API:
//! `lambda_http` in Rust, `awslambdaric` in Python.

use std::path::{Path, PathBuf};
use std::process::Command;

use host_runtime::engine::EngineKind;
use host_runtime::host::{Host, Options};

use crate::kit::{Answer, Client, Folder, PATIENCE, build, deployment};

/// Both functions answer these alike: path, status, and what is in the content.
const ANSWERS: [(&str, u16, &str); 4] = [
    ("/products/prod-123", 200, r#""productId":"prod-123""#),
    ("/products/prod-123?includeVariants=true", 200, r#""variants":["#),
    ("/products/prod-999", 404, r#""code":"PRODUCT_404""#),
    ("/health", 200, r#"{"status":"ok"}"#),
];

#[test]
fn a_rust_function_answers_rest_and_http_apis() {
    let program = rust_function("products-function", "examples/products/function/src");
    let catalogue = repository().join("examples/products/catalogue.json");
    serve_products(&[program.to_str().unwrap()], &[("CATALOGUE_FILE", &catalogue)]);
}

#[test]
fn a_python_function_answers_rest_and_http_apis() {
    let python = python();
    let command = [python.to_str().unwrap(), "-m", "awslambdaric", "handler.handler"];
    let folder = repository().join("examples/products/function-python");
    serve_products(&command, &[("PYTHONPATH", &folder)]);
}

/// Asks a REST and an HTTP API for the same things, twice on each: the second time of a process
/// that has answered before.
fn serve_products(command: &[&str], environment: &[(&str, &Path)]) {
    let folder = Folder::new();
    folder.write("api.yaml", DEFINITION);
    let environment: Vec<String> =
        environment.iter().map(|(name, value)| format!("{name}: '{}'", value.display())).collect();
    let config = folder.write(
        "edgeway.yaml",
        &format!(
            "listen: 127.0.0.1:0
apis:
  - {{id: rest, protocol: REST, definition: api.yaml, stages: [{{stageName: prod}}]}}
  - {{id: http, protocol: HTTP, definition: api.yaml, stages: [{{stageName: $default}}]}}
functions: {{products: {{command: {command:?}, environment: {{{}}}}}}}
",
            environment.join(", ")
        ),
    );
    let built = build(&config);
    let options = Options {
        places: built.config.places(),
        threads: 1,
        engine: EngineKind::Native,
        data_directory: None,
        distributions_on_disk: None,
    };
    let host = Host::start(&options, &deployment(&built)).unwrap();
    let mut client = Client::connect(host.address());
    for _ in 0..2 {
        for (path, status, content) in ANSWERS {
            let rest = get(&mut client, "rest", &format!("/prod{path}"));
            let http = get(&mut client, "http", path);
            assert_eq!((rest.status, http.status), (status, status), "{}", http.text());
            assert_eq!(rest.text(), http.text());
            assert!(rest.text().contains(content), "{}", rest.text());
        }
    }
    drop(client);
    host.drain(PATIENCE);
}

fn get(client: &mut Client, api: &str, path: &str) -> Answer {
    let host = format!("{api}.execute-api.localhost");
    client.send(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes());
    client.answer()
}

const DEFINITION: &str = "
openapi: 3.0.1
info: {title: products, version: '1'}
paths:
  /health:
    get: {x-amazon-apigateway-integration: {$ref: '#/components/x-amazon-apigateway-integrations/products'}}
  /products/{productId}:
    get:
      parameters: [{name: productId, in: path, required: true, schema: {type: string}}]
      x-amazon-apigateway-integration: {$ref: '#/components/x-amazon-apigateway-integrations/products'}
components:
  x-amazon-apigateway-integrations:
    products:
      type: aws_proxy
      httpMethod: POST
      payloadFormatVersion: '2.0'
      uri: arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:products/invocations
";

/// The program that `cargo xtask test` has built, or one built here as it does: as the whole
/// workspace is built, so that nothing is compiled twice for it.
pub(crate) fn rust_function(name: &str, sources: &str) -> PathBuf {
    let program = target().join("debug").join(name);
    let sources = repository().join(sources);
    let modified = |path: &Path| std::fs::metadata(path).and_then(|file| file.modified()).ok();
    let newest_source = files(&sources).iter().filter_map(|file| modified(file)).max();
    if modified(&program) > newest_source {
        return program;
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .current_dir(repository())
        .args(["build", "--quiet", "--workspace", "--bin", name, "--target-dir"])
        .arg(target())
        .status();
    assert!(built.is_ok_and(|status| status.success()), "cargo has built the function");
    program
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn python() -> PathBuf {
    let requirements = "examples/products/function-python/requirements.txt";
    tests::python::python("EDGEWAY_PYTHON", "venv", requirements)
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The folder that this test was built in: `target/debug/deps/server-…`.
fn target() -> PathBuf {
    std::env::current_exe().unwrap().ancestors().nth(3).unwrap().to_owned()
}
