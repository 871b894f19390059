use std::fs;
use std::path::Path;

use notify::event::{CreateKind, DataChange, Flag, ModifyKind};

use super::*;

fn files(files: &[&Path]) -> FilesRead {
    let mut read = FilesRead::default();
    files.iter().for_each(|file| read.add(file));
    read
}

#[test]
fn what_is_read_or_written_beside_the_files_is_of_no_concern() {
    let paths = BTreeSet::from([PathBuf::from("/srv/current"), "/srv/api.yaml".into()]);
    let of = |kind, path: &str| concerns(&Event::new(kind).add_path(path.into()), &paths);
    let changed = EventKind::Modify(ModifyKind::Data(DataChange::Any));
    assert!(of(changed, "/srv/api.yaml") && of(changed, "/srv/current"));
    assert!(of(EventKind::Access(WRITTEN), "/srv/api.yaml"));
    assert!(!of(EventKind::Access(AccessKind::Open(AccessMode::Any)), "/srv/api.yaml"));
    assert!(!of(changed, "/srv/access.log"));
    assert!(!of(EventKind::Create(CreateKind::File), "/srv/api.yaml.tmp"));
    // The system could not keep up, and says no names.
    assert!(concerns(&Event::new(EventKind::Other).set_flag(Flag::Rescan), &paths));
}

#[tokio::test(start_paused = true)]
async fn silence_is_waited_for_and_not_for_ever() {
    let (happened, mut events) = mpsc::channel(1);
    let start = Instant::now();
    quiet(&mut events, start).await;
    assert_eq!(start.elapsed(), QUIET);
    tokio::spawn(async move {
        for _ in 0..100 {
            happened.send(()).await.ok();
            tokio::time::sleep(QUIET / 2).await;
        }
    });
    let start = Instant::now();
    quiet(&mut events, start).await;
    assert!(start.elapsed() <= QUIET_WITHIN, "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn what_was_saved_before_the_watch_began_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("api.yaml");
    fs::write(&file, "read").unwrap();
    let read = files(&[&file]);
    fs::write(&file, "saved while it was built").unwrap();
    let mut watch = Watch::start(read.clone());
    watch.changed().await;
    // The same after a reload.
    watch.files(read);
    watch.changed().await;
    assert_eq!(watch.files, files(&[&file]));
}

#[tokio::test(start_paused = true)]
async fn who_stops_waiting_misses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("api.yaml");
    fs::write(&file, "one").unwrap();
    let mut watch = Watch::start(files(&[&file]));
    assert!(!watch.has_changed().await);
    watch.watcher = None;
    fs::write(&file, "two").unwrap();
    watch.happened.try_send(()).unwrap(); // once, and no more
    let left = tokio::time::timeout(Duration::ZERO, watch.changed()).await;
    assert!(left.is_err() && watch.due.is_some());
    watch.changed().await;
}

/// Of which no event of the files' own folder tells.
#[tokio::test(start_paused = true)]
async fn a_folder_that_is_exchanged_is_noticed_and_the_next_one_watched() {
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join(path);
    for release in ["1", "2"] {
        fs::create_dir(at(release)).unwrap();
        fs::write(at(release).join("a.json"), "the same").unwrap();
    }
    let point_to = |release: &str| {
        std::os::unix::fs::symlink(release, at("new")).unwrap();
        fs::rename(at("new"), at("current")).unwrap();
    };
    point_to("1");
    let mut watch = Watch::start(files(&[&at("current/a.json")]));
    assert!(!watch.has_changed().await);
    point_to("2");
    assert!(!watch.has_changed().await, "the content is the same");
    fs::write(at("2/a.json"), "another").unwrap();
    watch.changed().await;
    // The folder itself, in the place of one of the same name.
    fs::rename(at("2"), at("2.old")).unwrap();
    fs::create_dir(at("2")).unwrap();
    fs::write(at("2/a.json"), "a third").unwrap();
    watch.changed().await;
    fs::write(at("2/a.json"), "a fourth").unwrap();
    watch.changed().await;
}
