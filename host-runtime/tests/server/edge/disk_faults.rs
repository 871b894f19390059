//! Disks that are full, slow, in use, or have changed what was written.

use std::path::Path;

use serde_json::json;

use super::disk::{LARGE, numbered};
use super::kit::*;
use crate::kit::*;

type Damage = fn(&mut Vec<u8>);

fn change(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(path).unwrap();
    change(&mut bytes);
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn what_is_not_as_it_was_written_is_never_served() {
    let faults: [(&str, &str, Damage); 7] = [
        ("a flipped bit of a content", "c", |bytes| bytes[3] ^= 1),
        ("a flipped bit of a checksum", "c", |bytes| *bytes.last_mut().unwrap() ^= 1),
        ("half a content", "c", |bytes| bytes.truncate(4)),
        ("a content that goes on", "c", |bytes| bytes.push(0)),
        ("a flipped bit of a head", "h", |bytes| bytes[60] ^= 1),
        ("half a head", "h", |bytes| bytes.truncate(50)),
        ("no head", "h", Vec::clear),
    ];
    for (fault, kind, damage) in faults {
        for is_running in [false, true] {
            let (origin, heads) = answering(|_, count| fresh(&format!("answer {count}")));
            let edge = Edge::on_disk(origin, json!({}));
            assert_eq!(edge.get("/a").text(), "answer 1");
            edge.settle();
            // While a process knows of it, or between two.
            let edge = if is_running { edge.restarted() } else { edge };
            edge.settle();
            let file = edge.files(kind).pop().expect(fault);
            change(&file, damage);
            let edge = if is_running { edge } else { edge.restarted() };
            edge.settle();
            let is_longer = fault == "a content that goes on" && is_running; // nobody reads that far
            let expected = if is_longer { "answer 1" } else { "answer 2" };
            assert_eq!(edge.get("/a").text(), expected, "{fault}, {is_running}");
            assert_eq!(edge.get("/a").text(), expected, "it is stored again");
            edge.settle();
            let count = if is_longer { 1 } else { 2 };
            assert_eq!(heads.lock().unwrap().len(), count, "{fault}");
            assert_eq!((edge.files("h").len(), edge.files("c").len()), (1, 1), "{fault}");
        }
    }
}

#[test]
fn a_large_content_breaks_off_where_it_is_not_as_it_was_written_and_is_asked_for_again() {
    let (origin, heads) = answering(|_, _| fresh(&numbered(LARGE)));
    let edge = Edge::on_disk(origin, json!({}));
    edge.get("/a");
    edge.settle();
    change(&edge.files("c")[0], |bytes| bytes[2_000_000] ^= 1);
    let mut client = edge.client();
    client.send(b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    client.head().unwrap();
    let mut came = Vec::new();
    std::io::Read::read_to_end(&mut client.reader, &mut came).ok();
    assert!(came.len() < 2_000_000, "{}", came.len());
    assert!(numbered(LARGE).as_bytes().starts_with(&came));
    edge.settle();
    assert_eq!(edge.get("/a").text(), numbered(LARGE));
    assert_eq!(heads.lock().unwrap().len(), 2);
}

#[test]
fn one_folder_is_of_one_process() {
    let (origin, _) = answering(|_, _| fresh("content"));
    let edge = Edge::on_disk(origin, json!({}));
    let built = build(&edge.served.config);
    let options = host_runtime::host::Options {
        places: built.config.places(),
        threads: 1,
        engine: host_runtime::engine::EngineKind::Native,
        data_directory: None,
        distributions_on_disk: built.config.distributions_on_disk.clone(),
    };
    let refused = host_runtime::host::Host::start(&options, &deployment(&built)).unwrap_err();
    assert!(refused.to_string().contains("another edgeway keeps what it has cached here"));
    assert_eq!(edge.get("/a").text(), "content", "the first one goes on");
}

#[test]
fn what_cannot_be_written_fails_no_request() {
    let (origin, heads) = answering(|head, _| match head.contains("/large") {
        true => fresh(&numbered(LARGE)),
        false => fresh("content"),
    });
    let edge = Edge::on_disk(origin, json!({}));
    std::fs::remove_dir_all(edge.served.folder.path("cached")).unwrap();
    assert_eq!(edge.get("/a").text(), "content");
    assert_eq!(edge.get("/large").text(), numbered(LARGE));
    edge.served.host.shared().edge_cache.settle();
    assert!(edge.metric("distribution_disk_write_errors_total") >= 2);
    assert_eq!(edge.get("/a").text(), "content");
    assert_eq!(edge.metric("distribution_cache_hits_total{tier=\"memory\"}"), 1);
    assert_eq!(edge.get("/large").text(), numbered(LARGE), "from the origin again");
    assert_eq!(heads.lock().unwrap().len(), 3);
    assert_eq!(edge.metric("distribution_cache_bytes{tier=\"disk\"}"), 0, "no room is lost");
}

#[test]
fn content_that_breaks_off_on_its_way_to_the_disk_is_not_stored() {
    let gated = gated();
    let edge = Edge::on_disk(gated.address, json!({}));
    for _ in 0..2 {
        let mut client = edge.client();
        client.send(b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
        let (_, answer) = gated.call();
        let head = format!(
            "HTTP/1.1 200 O\r\nCache-Control: max-age=600\r\nContent-Length: {LARGE}\r\n\r\n"
        );
        answer.send([head.as_bytes(), &vec![b'x'; 1 << 20]].concat()).unwrap();
        client.head().unwrap();
        let mut half = vec![0; 1 << 20];
        std::io::Read::read_exact(&mut client.reader, &mut half).unwrap();
        drop(client);
        drop(answer);
        // Another one asks for itself, and does not wait.
    }
    let edge = edge.restarted();
    edge.settle();
    assert_eq!((edge.files("h"), edge.files("c")), (vec![], vec![]));
    assert_eq!(edge.metric("distribution_cache_bytes{tier=\"disk\"}"), 0);
}
