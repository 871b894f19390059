//! What a path leads through: folders, and links whose targets are others from one moment to the next.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ffi::OsString;
use std::fs;
use std::path::{self, Component, Path, PathBuf};

use crate::pipes;

/// Most links on the way to a file, as many as Linux follows (path_resolution(7)).
const LINKS_MAX: usize = 40;

/// The entries of folders that decide what files are found by their paths: each folder, link and file on the way. Folders
/// go by names without links.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Entries {
    paths: BTreeSet<PathBuf>,
    /// With whether it holds a link or a file, not folders on the way alone.
    folders: BTreeMap<PathBuf, bool>,
}

impl Entries {
    /// What leads to these files. What becomes of pipes without a name of their own (`/dev/fd/63`) is of no interest.
    pub(super) fn of<'f>(files: impl Iterator<Item = &'f Path>) -> Self {
        let mut entries = Self::default();
        let has_name = |file: &&Path| !pipes::is_pipe(file) || file.canonicalize().is_ok();
        for file in files.filter(has_name) {
            // Without a current folder a relative path leads nowhere.
            if let Ok(whole) = path::absolute(file) {
                entries.add(&whole);
            }
        }
        entries
    }

    /// Each of these may be replaced by another.
    pub(super) fn paths(&self) -> BTreeSet<PathBuf> {
        self.paths.clone()
    }

    /// The folders to watch, those first that hold a link or a file: a system watches so many and no more.
    pub(super) fn folders(&self) -> impl Iterator<Item = (&Path, bool)> {
        let of = |near: bool| self.folders.iter().filter(move |(_, is_near)| **is_near == near);
        of(true).chain(of(false)).map(|(folder, is_near)| (folder.as_path(), *is_near))
    }

    fn add(&mut self, file: &Path) {
        let mut at = PathBuf::from("/");
        let mut rest = VecDeque::new();
        prepend(&mut rest, file);
        let mut links = 0;
        while let Some(step) = rest.pop_front() {
            match step {
                Step::Root => at = PathBuf::from("/"),
                // No links lead here: it is the folder above.
                Step::Up => drop(at.pop()),
                Step::Into(name) => {
                    let entry = at.join(name);
                    let target = fs::read_link(&entry).ok().filter(|_| links < LINKS_MAX);
                    let is_near = target.is_some() || rest.is_empty();
                    *self.folders.entry(at.clone()).or_default() |= is_near;
                    self.paths.insert(entry.clone());
                    match target {
                        Some(target) => {
                            links += 1;
                            prepend(&mut rest, &target);
                        }
                        None => at = entry,
                    }
                }
            }
        }
    }
}

enum Step {
    Root,
    Up,
    Into(OsString),
}

fn prepend(rest: &mut VecDeque<Step>, path: &Path) {
    for component in path.components().rev() {
        match component {
            Component::Prefix(_) | Component::CurDir => {}
            Component::RootDir => rest.push_front(Step::Root),
            Component::ParentDir => rest.push_front(Step::Up),
            Component::Normal(name) => rest.push_front(Step::Into(name.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_are_watched_where_they_stand_and_where_they_lead() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        // As Kubernetes lays out a ConfigMap, behind a link of one's own.
        fs::create_dir_all(root.join("mount/..2026_1")).unwrap();
        fs::write(root.join("mount/..2026_1/a.json"), "").unwrap();
        symlink("..2026_1", root.join("mount/..data")).unwrap();
        symlink("..data/a.json", root.join("mount/a.json")).unwrap();
        fs::create_dir(root.join("defs")).unwrap();
        symlink("../mount", root.join("defs/current")).unwrap();
        let file = root.join("defs/current/a.json");
        let entries = Entries::of([file.as_path()].into_iter());
        for entry in [
            "defs",
            "defs/current",
            "mount",
            "mount/a.json",
            "mount/..data",
            "mount/..2026_1",
            "mount/..2026_1/a.json",
        ] {
            assert!(entries.paths.contains(&root.join(entry)), "{entry}: {entries:?}");
        }
        let near: Vec<&Path> =
            entries.folders().filter(|(_, near)| *near).map(|(f, _)| f).collect();
        assert!(near.contains(&root.join("defs").as_path()), "{near:?}");
        assert!(near.contains(&root.join("mount").as_path()), "{near:?}");
        assert!(near.contains(&root.join("mount/..2026_1").as_path()), "{near:?}");
        let all: BTreeSet<&Path> = entries.folders().map(|(folder, _)| folder).collect();
        assert!(all.contains(Path::new("/")) && all.contains(root.as_path()), "{all:?}");
    }

    #[test]
    fn a_pipe_that_has_a_name_may_be_replaced_by_a_file_and_others_have_no_place() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().canonicalize().unwrap().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let (_reader, writer) = std::io::pipe().unwrap();
        let own = format!("/dev/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&writer));
        let entries = Entries::of([pipe.as_path(), own.as_ref(), "-".as_ref()].into_iter());
        assert!(entries.paths.contains(&pipe), "{entries:?}");
        let below = |folder: &str| entries.paths.iter().any(|path| path.starts_with(folder));
        assert!(!below("/dev") && !below("/proc"), "{entries:?}");
    }

    #[test]
    fn links_in_a_circle_lead_somewhere_in_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        symlink("two", root.join("one")).unwrap();
        symlink("one", root.join("two")).unwrap();
        let entries = Entries::of([root.join("one/a.json").as_path()].into_iter());
        assert!(
            entries.paths.contains(&root.join("one")) && entries.paths.contains(&root.join("two"))
        );
    }
}
