//! What workerd makes of messages, whatever the Worker does: the differences that `docs/equivalence.md` lists are there.

use tests::client::{self, Request};
use tests::target::{Engine, Target};

use super::{on_a_runtime, set_up_of};

/// A method and a target, and what the native engine and the Worker answer.
const DIFFERENCES: [(&str, &str, u16, u16); 10] = [
    ("GET", "/test/./mock", 403, 200),
    ("GET", "/test/echo/../mock", 403, 200),
    ("GET", "/test/echo/a<b>", 400, 200),
    ("GET", "/test/echo/a?x=\"`", 400, 200),
    ("GET", "/test/mock x", 400, 200),
    ("FOO", "/test/echo/a", 403, 501),
    ("get", "/test/echo/a", 403, 501),
    ("CONNECT", "/test/echo/a", 405, 500),
    ("GET", "*", 403, 500),
    ("GET", "/test/echo/a/%2e%2e", 200, 504),
];

#[test]
fn what_the_platform_makes_of_messages_is_as_it_is_written_down() {
    on_a_runtime(async {
        let setup = set_up_of("rest.json").await;
        let (mut expected, mut got) = (Vec::new(), Vec::new());
        for (engine, is_native) in [(Engine::Native, true), (Engine::Worker, false)] {
            let target = Target::find(engine).await.unwrap_or_else(|error| panic!("{error}"));
            let gateway = target.start(&setup.config, setup.listen, 0).await;
            let gateway = gateway.unwrap_or_else(|failure| panic!("{engine}: {failure:?}"));
            for (method, target, native, worker) in DIFFERENCES {
                let host = "conform123.execute-api.us-east-1.amazonaws.com".to_owned();
                let fields = vec![("host".to_owned(), host)];
                let (method, target) = (method.to_owned(), target.to_owned());
                let request = Request { method, target, fields, content: Vec::new() };
                let answer = client::send(gateway.address, &request).await.expect("an answer");
                got.push((engine, request.method, request.target, answer.status));
                let status = if is_native { native } else { worker };
                let (_, method, target, _) = got.last().expect("one").clone();
                expected.push((engine, method, target, status));
            }
            gateway.stop().await;
            target.stop().await;
        }
        assert_eq!(got, expected);
    });
}
