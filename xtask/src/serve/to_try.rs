//! What there is to try: printed for a reader, and asked by `--check` just as it is printed.

use anyhow::{Result, bail};

use crate::shell;

/// A line for a shell in the repository's root.
enum Line {
    /// Sets a variable of the lines after it.
    Set(&'static str),
    /// Is answered with this status, and why, where it is not plain.
    Ask(&'static str, u16, &'static str),
    /// Parts one API from the other.
    Empty,
}
use Line::{Ask, Empty, Set};

const LINES: &[Line] = &[
    Set("REST=http://127.0.0.1:8080/_aws/execute-api/products/prod"),
    Set("TOKEN=$(target/edgeway/bin/products-issuer token --for rest)"),
    Ask("curl -i $REST/health", 200, ""),
    Ask("curl -i $REST/products/prod-123", 401, "no token"),
    Ask(r#"curl -i -H "Authorization: $TOKEN" $REST/products/prod-123"#, 200, ""),
    Ask(
        r#"curl -i -H "Authorization: $TOKEN" -H 'content-type: application/json' -d '{"customerId":"cust-0a1b2c3d","items":[{"productId":"prod-123","quantity":2}]}' $REST/orders"#,
        201,
        "",
    ),
    Empty,
    Set("HTTP='http://127.0.0.1:8080/_aws/execute-api/products-http/$default'"),
    Set("HTTP_TOKEN=$(target/edgeway/bin/products-issuer token --for http)"),
    Ask(r#"curl -i -H "Authorization: Bearer $HTTP_TOKEN" "$HTTP/products/prod-123""#, 200, ""),
    Ask(
        r#"curl -i -X OPTIONS -H 'Origin: https://app.example.com' -H 'Access-Control-Request-Method: POST' "$HTTP/orders""#,
        204,
        "a preflight",
    ),
];

/// Prints all lines, with what answers them.
pub(super) fn print() {
    println!(
        "\n\
         Edgeway serves the Products API. Ctrl-C ends it.\n\n\
         REST API    http://127.0.0.1:8080/_aws/execute-api/products/prod\n\
         HTTP API    http://127.0.0.1:8080/_aws/execute-api/products-http/$default\n\
         by name     http://products.execute-api.localhost:8080/prod   http://products-http.execute-api.localhost:8080\n\
         admin       http://127.0.0.1:9901/healthz  /readyz  /metrics\n\n\
         Try, in another terminal, in this folder:\n"
    );
    for line in LINES {
        match line {
            Set(line) => println!("{line}"),
            Ask(line, status, "") => println!("{line}   # {status}"),
            Ask(line, status, why) => println!("{line}   # {status}: {why}"),
            Empty => println!(),
        }
    }
    println!();
}

/// Runs all lines. Every one that is answered otherwise is named.
pub(super) fn ask() -> Result<()> {
    let (mut variables, mut wrong) = (String::from("set -e\n"), Vec::new());
    for line in LINES {
        match line {
            Set(line) => variables.push_str(&format!("{line}\n")),
            Ask(line, status, _) => {
                let script = format!("{variables}{line}");
                let answer = shell::output(shell::command("sh").args(["-c", &script]))?;
                if status_of(&answer) == Some(*status) {
                    println!("{status}  {line}");
                } else {
                    wrong.push(format!("`{line}` should be answered with {status}:\n{answer}"));
                }
            }
            Empty => {}
        }
    }
    if wrong.is_empty() { Ok(()) } else { bail!("{}", wrong.join("\n\n")) }
}

/// Of what `curl -i` prints: `HTTP/1.1 200 OK`, fields, content.
fn status_of(answer: &str) -> Option<u16> {
    answer.strip_prefix("HTTP/")?.split(' ').nth(1)?.trim_end().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_is_read_of_what_curl_prints() {
        assert_eq!(status_of("HTTP/1.1 401 Unauthorized\r\nx: 200\r\n\r\n{}"), Some(401));
        assert_eq!(status_of("HTTP/2 204\r\n\r\n"), Some(204));
        assert_eq!(status_of("{\"message\": 200}"), None);
        assert_eq!(status_of(""), None);
    }
}
