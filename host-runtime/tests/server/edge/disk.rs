//! What distributions have stored, on disk: beyond memory, and beyond the process.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::kit::*;
use crate::kit::*;

/// Memory takes objects of half a megabyte, and two of them; the disk sixteen.
pub(super) const LINES: &str = "distributionsOnDisk: {directory: cached, bytes: 16777216}\n\
                                limits: {distributionsInMemoryBytes: 1048576}\n";
pub(super) const LARGE: usize = 3 << 20;

impl Edge {
    pub(super) fn on_disk(endpoint: SocketAddr, changes: Value) -> Self {
        Self::start_with(endpoint, &distribution(endpoint, changes), LINES, &[])
    }

    /// Waits until everything is written.
    pub(super) fn settle(&self) {
        // What is large lands when it is written, and its head is written then.
        (0..2).for_each(|_| self.served.host.shared().edge_cache.settle());
    }

    pub(super) fn metric(&self, name: &str) -> u64 {
        let mut text = String::new();
        self.served.host.shared().edge_cache.write_metrics(&mut text);
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("edgeway_{name} ")));
        line.unwrap_or_else(|| panic!("{name} is not in\n{text}")).parse().unwrap()
    }

    /// The files of this kind, `h` or `c`.
    pub(super) fn files(&self, kind: &str) -> Vec<PathBuf> {
        let folders = std::fs::read_dir(self.served.folder.path("cached")).unwrap();
        let folders = folders.map(|folder| folder.unwrap().path()).filter(|path| path.is_dir());
        let files = folders.flat_map(|folder| std::fs::read_dir(folder).unwrap());
        let files = files.map(|file| file.unwrap().path());
        files.filter(|path| path.extension().is_some_and(|found| found == kind)).collect()
    }
}

/// Content in which every position can be told from the others.
pub(super) fn numbered(length: usize) -> String {
    let mut text: String = (0..length / 8).map(|number| format!("{number:07},")).collect();
    text.truncate(length);
    text
}

fn is_hit(answer: &Answer) -> bool {
    has(answer, "x-cache: Hit from cloudfront")
}

#[test]
fn a_restart_keeps_what_was_stored() {
    let (origin, heads) = answering(|head, count| match head.contains("/varies") {
        true => response(
            200,
            "Cache-Control: max-age=600\r\nVary: Accept-Language\r\n",
            &format!("variant {count}"),
        ),
        false => fresh(&format!("answer {count}")),
    });
    // The policy forwards no languages by itself.
    let policy = json!({"OriginRequestPolicyId": "216adef6-5c7f-47e4-b989-5492eafa07d3"});
    let edge = Edge::on_disk(origin, json!({"DefaultCacheBehavior": policy}));
    assert_eq!(edge.get("/a").text(), "answer 1");
    for (language, text) in [("de", "variant 2"), ("fr", "variant 3")] {
        let line = format!("Accept-Language: {language}\r\n");
        assert_eq!(edge.ask("GET", "/varies", &line).text(), text);
    }
    let edge = edge.restarted();
    edge.settle();
    let again = edge.get("/a");
    assert_eq!(again.text(), "answer 1");
    assert!(is_hit(&again) && again.head.contains("\r\nage: "), "{}", again.head);
    assert_eq!(edge.ask("GET", "/varies", "Accept-Language: de\r\n").text(), "variant 2");
    assert_eq!(edge.ask("GET", "/varies", "Accept-Language: fr\r\n").text(), "variant 3");
    assert_eq!(edge.metric("distribution_cache_hits_total{tier=\"disk\"}"), 2, "two keys");
    assert_eq!(edge.get("/a").text(), "answer 1");
    assert_eq!(edge.metric("distribution_cache_hits_total{tier=\"memory\"}"), 2);
    assert_eq!(heads.lock().unwrap().len(), 3);
    // And once more: what was read is still there.
    let edge = edge.restarted();
    edge.settle();
    assert_eq!(edge.get("/a").text(), "answer 1");
}

#[test]
fn what_is_stale_after_a_restart_is_validated_and_its_content_not_written_again() {
    let (origin, heads) = answering(|_, count| match count {
        1 => response(200, "Cache-Control: max-age=0\r\nETag: \"1\"\r\n", "content"),
        _ => b"HTTP/1.1 304 N\r\nETag: \"1\"\r\nCache-Control: max-age=600\r\n\r\n".to_vec(),
    });
    let edge = Edge::on_disk(origin, json!({}));
    assert_eq!(edge.get("/a").text(), "content");
    let edge = edge.restarted();
    edge.settle();
    let written = edge.files("c");
    assert!(has(&edge.get("/a"), "x-cache: RefreshHit from cloudfront"));
    assert!(heads.lock().unwrap()[1].to_lowercase().contains("if-none-match: \"1\""));
    edge.settle();
    assert_eq!((edge.files("c"), edge.files("h").len()), (written, 1));
    let edge = edge.restarted();
    edge.settle();
    assert!(is_hit(&edge.get("/a")), "it is fresh again");
    assert_eq!(heads.lock().unwrap().len(), 2);
}

#[test]
fn what_memory_has_no_room_for_comes_from_disk() {
    let (origin, heads) = answering(|head, _| fresh(&(head.to_owned() + &" ".repeat(400_000))));
    let edge = Edge::on_disk(origin, json!({}));
    let get = |path: &str| {
        let answer = edge.get(path);
        assert!(answer.text().starts_with(&format!("GET {path} ")), "{path}");
        is_hit(&answer)
    };
    let paths: Vec<String> = (0..8).map(|number| format!("/{number}")).collect();
    assert!(!paths.iter().any(|path| get(path)));
    edge.settle();
    assert!(edge.metric("distribution_cache_keys{tier=\"memory\"}") <= 2);
    assert_eq!(edge.metric("distribution_cache_keys{tier=\"disk\"}"), 8);
    assert!(paths.iter().all(|path| get(path)));
    assert!(edge.metric("distribution_cache_hits_total{tier=\"disk\"}") >= 6);
    assert_eq!(heads.lock().unwrap().len(), 8);
}

#[test]
fn what_is_larger_than_memory_takes_is_streamed_from_disk_in_ranges_too() {
    let (origin, heads) = answering(|head, _| {
        let content = numbered(LARGE);
        match head.contains("/chunked") {
            true => format!(
                "HTTP/1.1 200 O\r\nCache-Control: max-age=600\r\nTransfer-Encoding: chunked\r\n\r\n\
                 {LARGE:x}\r\n{content}\r\n0\r\n\r\n"
            )
            .into(),
            false => fresh(&content),
        }
    });
    let mut edge = Edge::on_disk(origin, json!({}));
    let content = numbered(LARGE);
    assert_eq!(edge.get("/a").text(), content);
    let mut client = edge.client();
    client.send(b"GET /chunked HTTP/1.1\r\nHost: h\r\n\r\n");
    client.head().unwrap();
    while client.chunk().is_some() {}
    edge.settle();
    for _ in 0..2 {
        for path in ["/a", "/chunked"] {
            let whole = edge.get(path);
            assert!(is_hit(&whole) && whole.text() == content, "{path}: {}", whole.head);
            // Within a block, over the border of two, of many, at the end.
            for (first, last) in
                [(5, 9), (65530, 65545), (100_000, 2_000_000), (LARGE - 3, LARGE - 1)]
            {
                let part = edge.ask("GET", path, &format!("Range: bytes={first}-{last}\r\n"));
                assert_eq!((part.status, part.text()), (206, content[first..=last].to_owned()));
                let said = format!("content-range: bytes {first}-{last}/{LARGE}");
                assert!(has(&part, &said), "{}", part.head);
            }
            let head = edge.ask("HEAD", path, "");
            assert!(has(&head, &format!("content-length: {LARGE}")), "{}", head.head);
        }
        edge = edge.restarted();
        edge.settle();
    }
    assert_eq!(heads.lock().unwrap().len(), 2);
}

#[test]
fn invalidations_and_unsafe_methods_reach_the_disk() {
    let (origin, _) = answering(|_, count| fresh(&count.to_string()));
    let edge = Edge::on_disk(origin, json!({}));
    let texts = |edge: &Edge| ["/a/1", "/a/2", "/b", "/c"].map(|path| edge.get(path).text());
    assert_eq!(texts(&edge), ["1", "2", "3", "4"]);
    // Memory knows nothing of it now.
    let edge = edge.restarted();
    edge.settle();
    let invalidation = distribution::Invalidation::new(["/a/*"]).unwrap();
    assert_eq!(edge.served.host.shared().edge_cache.invalidate("d", &invalidation), 2);
    assert_eq!(edge.ask("POST", "/b", "Content-Length: 0\r\n").text(), "5");
    edge.settle();
    assert_eq!(edge.files("c").len(), 1);
    assert_eq!(texts(&edge), ["6", "7", "8", "4"]);
    // What is on its way to the disk is forgotten as well.
    edge.served.host.shared().edge_cache.invalidate("d", &invalidation);
    let edge = edge.restarted();
    // Files are read while this is asked: either way it is forgotten.
    let invalidation = distribution::Invalidation::new(["/c"]).unwrap();
    edge.served.host.shared().edge_cache.invalidate("d", &invalidation);
    edge.settle();
    assert_eq!(texts(&edge), ["9", "10", "8", "11"]);
}

#[test]
fn the_disk_holds_no_more_than_it_may() {
    let (origin, _) = answering(|head, _| {
        fresh(&"x".repeat(if head.contains("/large") { LARGE } else { 300_000 }))
    });
    let edge = Edge::on_disk(origin, json!({}));
    let room = |edge: &Edge| -> u64 {
        let files = edge.files("h").into_iter().chain(edge.files("c"));
        files.map(|file| file.metadata().unwrap().len().div_ceil(4096) * 4096).sum()
    };
    for number in 0..100 {
        edge.get(&format!("/{}/{number}", if number % 10 == 0 { "large" } else { "a" }));
        assert!(room_now(&edge) <= 16 << 20, "{number}");
    }
    edge.settle();
    let (bytes, counted) = (room(&edge), edge.metric("distribution_cache_bytes{tier=\"disk\"}"));
    assert!(bytes > 12 << 20 && bytes <= 16 << 20, "{bytes}");
    assert_eq!(counted, bytes, "what is counted is there");
    // The newest are there.
    assert!(is_hit(&edge.get("/a/99")));
    // With a lower bound the next process makes room at once.
    let config = edge.served.config.clone();
    let text = std::fs::read_to_string(&config).unwrap();
    let bounded = |bytes: u64| {
        std::fs::write(&config, text.replace("bytes: 16777216", &format!("bytes: {bytes}")))
    };
    bounded(64 << 20).unwrap();
    let edge = edge.restarted();
    (0..4).for_each(|number| drop(edge.get(&format!("/large/{number}"))));
    edge.settle();
    assert!(room(&edge) > 17 << 20);
    bounded(17 << 20).unwrap();
    let edge = edge.restarted();
    edge.settle();
    assert!(room(&edge) <= 17 << 20);
}

/// Files come and go while they are counted.
fn room_now(edge: &Edge) -> u64 {
    let files = edge.files("h").into_iter().chain(edge.files("c"));
    files.filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum()
}

#[test]
fn nobody_else_may_read_it_and_no_name_of_a_file_is_a_viewers() {
    let (origin, _) = answering(|_, _| fresh("content"));
    let edge = Edge::on_disk(origin, json!({}));
    edge.get("/..%2f..%2fetc?a=/../b");
    edge.get("/%00~");
    edge.get("/a?b=%2f..%2f..%2fc");
    edge.settle();
    let (heads, contents) = (edge.files("h"), edge.files("c"));
    assert_eq!(heads.len(), contents.len());
    assert!(!heads.is_empty());
    let mode = |path: &PathBuf| path.metadata().unwrap().permissions().mode() & 0o777;
    for file in heads.iter().chain(&contents) {
        assert_eq!(mode(file), 0o600);
        assert_eq!(mode(&file.parent().unwrap().to_owned()), 0o700);
        let name = file.file_name().unwrap().to_str().unwrap();
        let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
        assert!(name.len() == 83 && is_number(&name[..64]) && is_number(&name[65..81]), "{name}");
    }
    assert_eq!(mode(&edge.served.folder.path("cached")), 0o700);
}

#[test]
fn what_memory_may_not_store_or_tells_secrets_is_not_on_disk() {
    let (origin, _) = answering(|head, _| {
        let of = |path: &str| head.contains(path);
        let lines = match () {
            () if of("/private") => "Cache-Control: private, max-age=600\r\n",
            () if of("/no-store") => "Cache-Control: no-store\r\n",
            () if of("/by-cookie") => "Cache-Control: max-age=600\r\nVary: Cookie\r\n",
            () => "Cache-Control: max-age=600\r\n",
        };
        response(200, lines, "secret")
    });
    // AllViewer: what a viewer says reaches the origin, so that it may vary by it.
    let policy = json!({"OriginRequestPolicyId": "216adef6-5c7f-47e4-b989-5492eafa07d3"});
    let edge = Edge::on_disk(origin, json!({"DefaultCacheBehavior": policy}));
    edge.get("/private");
    edge.get("/no-store");
    edge.ask("GET", "/authorized", "Authorization: Bearer t\r\n");
    for hit in [false, true] {
        let answer = edge.ask("GET", "/by-cookie", "Cookie: session=s\r\n");
        assert_eq!(is_hit(&answer), hit, "memory keeps it");
    }
    edge.settle();
    assert_eq!((edge.files("h"), edge.files("c")), (vec![], vec![]));
}
