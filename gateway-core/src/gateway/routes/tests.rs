use alloc::format;
use alloc::string::ToString;

use super::*;

fn table(protocol: Protocol, routes: &[&str]) -> Routes {
    let mut table = Routes::new(protocol);
    for (index, route) in routes.iter().enumerate() {
        match route.split_once(' ') {
            Some((method, path)) => {
                table.insert(&PathTemplate::parse(path).unwrap(), method, index as u32).unwrap();
            }
            None => table.insert_default(index as u32).unwrap(),
        }
    }
    table
}

/// For each `METHOD path`, the route that answers, or `-`.
fn check(protocol: Protocol, routes: &[&str], expected: &[(&str, &str)]) {
    let table = table(protocol, routes);
    for (request, route) in expected {
        let (method, path) = request.split_once(' ').unwrap();
        let found = table.find(method, path).map_or("-", |found| routes[found.route as usize]);
        assert_eq!(found, *route, "{request}");
    }
}

#[test]
fn a_method_missing_on_the_exact_resource_is_looked_up_on_a_greedy_one() {
    check(
        Protocol::Rest,
        &["POST /shop", "ANY /shop/cart", "OPTIONS /{rest+}"],
        &[
            ("OPTIONS /shop", "OPTIONS /{rest+}"),
            ("POST /shop", "POST /shop"),
            ("OPTIONS /shop/cart", "ANY /shop/cart"),
            ("GET /shop/cart", "ANY /shop/cart"),
            ("GET /shop", "-"),
        ],
    );
}

#[test]
fn literal_then_variable_then_greedy_at_each_level_of_a_rest_api() {
    check(
        Protocol::Rest,
        &["GET /a/b", "GET /a/{p}", "GET /a/{r+}", "GET /{p}/b", "GET /{r+}"],
        &[
            ("GET /a/b", "GET /a/b"),
            ("GET /a/x", "GET /a/{p}"),
            ("GET /a/b/c", "GET /a/{r+}"),
            ("GET /x/b", "GET /{p}/b"),
            ("GET /x/y", "GET /{r+}"),
            ("GET /a", "GET /{r+}"),
            ("GET /", "-"),
        ],
    );
}

#[test]
fn a_full_match_beats_any_greedy_one_in_an_http_api_only() {
    let routes = ["GET /a/{r+}", "GET /{p}/b"];
    check(Protocol::Rest, &routes, &[("GET /a/b", "GET /a/{r+}")]);
    check(Protocol::Http, &routes, &[("GET /a/b", "GET /{p}/b"), ("GET /a/c", "GET /a/{r+}")]);
}

#[test]
fn the_route_table_of_the_developer_guide() {
    check(
        Protocol::Http,
        &[
            "GET /pets/dog/1",
            "GET /pets/dog/{id}",
            "GET /pets/{proxy+}",
            "ANY /{proxy+}",
            "$default",
        ],
        &[
            ("GET /pets/dog/1", "GET /pets/dog/1"),
            ("GET /pets/dog/2", "GET /pets/dog/{id}"),
            ("GET /pets/cat/1", "GET /pets/{proxy+}"),
            ("POST /test/5", "ANY /{proxy+}"),
            ("GET /", "$default"),
        ],
    );
}

#[test]
fn any_is_seven_methods_and_the_named_method_beats_it() {
    check(
        Protocol::Rest,
        &["ANY /x", "GET /x", "GET /y"],
        &[
            ("GET /x", "GET /x"),
            ("HEAD /x", "ANY /x"),
            ("OPTIONS /x", "ANY /x"),
            ("TRACE /x", "-"),
            ("HEAD /y", "-"),
            ("get /y", "-"),
        ],
    );
}

#[test]
fn a_trailing_slash_means_nothing_to_rest_and_a_segment_to_http() {
    check(Protocol::Rest, &["GET /a", "GET /b/{r+}"], &[("GET /a/", "GET /a"), ("GET /b/", "-")]);
    check(
        Protocol::Http,
        &["GET /a", "GET /b/{r+}"],
        &[("GET /a/", "-"), ("GET /b/", "-"), ("GET /b/c/", "GET /b/{r+}")],
    );
}

#[test]
fn variables_take_no_empty_segment_and_encoded_slashes_do_not_separate() {
    check(
        Protocol::Rest,
        &["GET /a/{p}/c", "GET /{r+}"],
        &[("GET /a//c", "GET /{r+}"), ("GET /a/x%2Fy/c", "GET /a/{p}/c")],
    );
}

#[test]
fn http_apis_match_decoded_segments() {
    check(Protocol::Http, &["GET /caf\u{e9}"], &[("GET /caf%C3%A9", "GET /caf\u{e9}")]);
    check(Protocol::Rest, &["GET /ab"], &[("GET /a%62", "-")]);
}

#[test]
fn routes_that_answer_the_same_requests_are_told_apart_at_once() {
    let mut routes = table(Protocol::Rest, &["GET /a/{b}"]);
    assert_eq!(routes.insert(&PathTemplate::parse("/a/{c}").unwrap(), "GET", 1), Err(0));
}

#[test]
fn ten_thousand_routes_cost_no_more_visits_than_ten() {
    for protocol in [Protocol::Rest, Protocol::Http] {
        let visits = [10, 1_000, 10_000].map(|count: u32| {
            let mut routes = Routes::new(protocol);
            for i in 0..count {
                let path = format!("/service{}/v{}/items{i}/{{id}}", i % 100, i % 7);
                routes.insert(&PathTemplate::parse(&path).unwrap(), "GET", i).unwrap();
            }
            let probe = |i: u32| {
                let path = format!("/service{}/v{}/items{i}/42", i % 100, i % 7);
                let found = routes.find("GET", &path).unwrap();
                assert_eq!(found.route, i);
                found.visits
            };
            (0..count).step_by(count as usize / 10).map(probe).max()
        });
        assert_eq!(visits, [Some(5); 3]);
    }
}

/// The rules once more, as comparisons over all routes: slow, and hard to get wrong.
fn oracle(
    protocol: Protocol,
    routes: &[(PathTemplate, &str)],
    method: &str,
    path: &str,
) -> Option<u32> {
    let path = path.strip_prefix('/').unwrap();
    let path = if protocol == Protocol::Rest { path.trim_end_matches('/') } else { path };
    let parts: Vec<&str> = if path.is_empty() { Vec::new() } else { path.split('/').collect() };
    let rank = |template: &PathTemplate| -> Option<(bool, Vec<u8>)> {
        let mut ranks = Vec::new();
        for (i, segment) in template.segments.iter().enumerate() {
            let part = parts.get(i)?;
            ranks.push(match segment {
                Segment::Literal(text) if text == part => 0,
                Segment::Variable(_) if !part.is_empty() => 1,
                Segment::Greedy(_)
                    if parts[i..].iter().any(|p| !p.is_empty()) || parts.len() > i + 1 =>
                {
                    2
                }
                _ => return None,
            });
        }
        let greedy = ranks.last() == Some(&2);
        (greedy || ranks.len() == parts.len())
            .then_some((greedy && protocol == Protocol::Http, ranks))
    };
    let candidates = routes.iter().enumerate().filter(|(_, (_, m))| *m == method || *m == "ANY");
    let ranked = candidates.filter_map(|(i, (t, m))| Some(((rank(t)?, *m == "ANY"), i as u32)));
    ranked.min_by(|a, b| a.0.cmp(&b.0)).map(|(_, route)| route)
}

#[test]
fn the_table_agrees_with_the_rules_on_random_definitions() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut draw = move |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    for round in 0..2_000 {
        let protocol = if draw(2) == 0 { Protocol::Rest } else { Protocol::Http };
        let mut table = Routes::new(protocol);
        let mut routes = Vec::new();
        for _ in 0..draw(12) {
            let mut path = String::new();
            for _ in 0..draw(4) {
                path += ["/a", "/b", "/c", "/{v}"][draw(4) as usize];
            }
            if draw(3) == 0 {
                path += "/{g+}";
            }
            let path = if path.is_empty() { "/".to_string() } else { path };
            let method = ["GET", "POST", "ANY"][draw(3) as usize];
            let template = PathTemplate::parse(&path).unwrap();
            if table.insert(&template, method, routes.len() as u32).is_ok() {
                routes.push((template, method));
            }
        }
        for _ in 0..20 {
            let mut path = String::new();
            for _ in 0..draw(5) {
                path += ["/a", "/b", "/x", "/", "/a"][draw(5) as usize];
            }
            let path = if path.is_empty() { "/".to_string() } else { path };
            let method = ["GET", "POST", "PUT"][draw(3) as usize];
            let expected = oracle(protocol, &routes, method, &path);
            let found = table.find(method, &path).map(|found| found.route);
            assert_eq!(
                found, expected,
                "round {round}: {method} {path} in {routes:?} {protocol:?}"
            );
        }
    }
}
