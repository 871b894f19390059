//! Files that change while they are served.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::kit::*;
use crate::program::{LOG, Program, free_address};

fn make_pipe(file: &Path) {
    assert!(Command::new("mkfifo").arg(file).status().unwrap().success());
}

fn mock_status(program: &Program) -> u16 {
    Client::connect(program.listen).get("/prod/mock").status
}

#[test]
fn the_program_reloads_changed_files_and_refuses_bad_ones() {
    let folder = Folder::new();
    let endpoint = echo();
    configuration(&folder, endpoint);
    let program = Program::start(&folder);
    assert_eq!(Client::connect(program.admin).get("/readyz").status, 200);
    assert_eq!(Client::connect(program.listen).get("/prod/mock").status, 200);

    folder.write("api.yaml", &definition(endpoint, 202));
    program.wait_until(|program| program.metric("edgeway_reloads_total 1"));
    assert_eq!(Client::connect(program.listen).get("/prod/mock").status, 202);

    folder.write("api.yaml", "openapi: [");
    program.wait_until(|program| program.metric("edgeway_reloads_refused_total 1"));
    assert_eq!(Client::connect(program.listen).get("/prod/mock").status, 202);

    folder.write("api.yaml", &definition(endpoint, 203));
    program.wait_until(|program| program.metric("edgeway_reloads_total 2"));
    program.signal("HUP");
    program.wait_until(|program| program.metric("edgeway_reloads_total 3"));
    assert_eq!(Client::connect(program.listen).get("/prod/mock").status, 203);
}

#[test]
fn a_change_is_taken_over_while_the_access_log_beside_it_is_written() {
    let folder = Folder::new();
    let endpoint = echo();
    configuration(&folder, endpoint);
    let program = Program::start(&folder);
    let mut client = Client::connect(program.listen);
    assert_eq!(client.get("/prod/mock").status, 200);
    folder.write("api.yaml", &definition(endpoint, 202));
    // A line for each, beside the definition.
    program.wait_until(|_| Client::connect(program.listen).get("/prod/mock").status == 202);
    assert!(folder.read("access.log").contains("/prod/mock 200\n"));
}

#[test]
fn what_is_saved_while_it_is_built_is_served() {
    let folder = Folder::new();
    let endpoint = echo();
    configuration(&folder, endpoint);
    let config = folder.read("edgeway.yaml").replace(
        "functions:",
        "  - {id: b, protocol: REST, definition: pipe.yaml, stages: [{stageName: prod}]}\nfunctions:",
    );
    folder.write("edgeway.yaml", &config);
    let pipe = folder.path("pipe.yaml");
    make_pipe(&pipe);
    let program = Program::begin(&folder, "native", File::create(folder.write(LOG, "")).unwrap());
    // Opened when the other end is: the other definition has been read by then.
    let mut writer = File::options().write(true).open(&pipe).unwrap();
    folder.write("api.yaml", &definition(endpoint, 202));
    writer.write_all(definition(endpoint, 203).as_bytes()).unwrap();
    drop(writer);
    let status = |api: &str| {
        let path = format!("/_aws/execute-api/{api}/prod/mock");
        Client::connect(program.listen).get(&path).status
    };
    program.wait_until(Program::is_up);
    program.wait_until(|program| program.metric("edgeway_reloads_total 1"));
    assert_eq!((status("a"), status("b")), (202, 203));
    // What the pipe told is kept, and that is said.
    assert!(folder.read(LOG).contains("a pipe is read at the start alone"), "{}", folder.read(LOG));
}

#[test]
fn a_release_folder_behind_a_link_is_exchanged() {
    let folder = Folder::new();
    let endpoint = echo();
    configuration(&folder, endpoint);
    let config = folder.read("edgeway.yaml");
    folder.write("edgeway.yaml", &config.replace("api.yaml", "releases/current/api.yaml"));
    for (release, status) in [("1", 200), ("2", 202)] {
        fs::create_dir_all(folder.path("releases").join(release)).unwrap();
        folder.write(&format!("releases/{release}/api.yaml"), &definition(endpoint, status));
    }
    let current = folder.path("releases/current");
    symlink("1", &current).unwrap();
    let program = Program::start(&folder);
    assert_eq!(mock_status(&program), 200);
    symlink("2", folder.path("releases/new")).unwrap();
    fs::rename(folder.path("releases/new"), &current).unwrap();
    program.wait_until(|program| mock_status(program) == 202);
    folder.write("releases/2/api.yaml", &definition(endpoint, 203));
    program.wait_until(|program| mock_status(program) == 203);
}

#[test]
fn a_pipe_in_a_file_s_place_holds_up_no_reload() {
    let folder = Folder::new();
    let endpoint = echo();
    configuration(&folder, endpoint);
    let program = Program::start(&folder);
    let refused = "edgeway_reloads_refused_total";
    make_pipe(&folder.path("pipe"));
    fs::rename(folder.path("pipe"), folder.path("api.yaml")).unwrap();
    program.wait_until(|program| program.metric_of(refused) > 0);
    let before = program.metric_of(refused);
    program.signal("HUP");
    program.wait_until(|program| program.metric_of(refused) > before);
    assert_eq!(mock_status(&program), 200);
    let log = folder.read(LOG);
    assert!(log.contains("it is a pipe, and those are read at the start alone"), "{log}");
    fs::remove_file(folder.path("api.yaml")).unwrap();
    folder.write("api.yaml", &definition(endpoint, 202));
    program.wait_until(|program| mock_status(program) == 202);
}

/// `edgeway`, with the definition on its standard input, as a shell's `<(…)` gives it.
fn piped(arguments: &[&str]) -> std::process::Child {
    let definition = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/quickstart/openapi.yaml");
    let mut child = Command::new(env!("CARGO_BIN_EXE_edgeway"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&fs::read(definition).unwrap()).unwrap();
    child
}

#[test]
fn every_command_reads_a_definition_from_a_pipe() {
    let folder = Folder::new();
    let out = folder.path("out");
    let commands: [(&[&str], &str); 4] = [
        (&["check", "/dev/stdin"], ""),
        (&["export", "/dev/stdin"], "Hello from Edgeway"),
        (&["explain", "/dev/stdin", "/prod/hello"], "Hello from Edgeway"),
        (&["bundle", "/dev/stdin", "--out", out.to_str().unwrap()], ""),
    ];
    for (arguments, told) in commands {
        let output = piped(arguments).wait_with_output().unwrap();
        let (stdout, stderr) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(
            output.status.success() && stdout.contains(told),
            "{arguments:?}: {stdout}{stderr}"
        );
    }
    assert!(out.join("snapshot.bin").exists());
    let address = free_address();
    let mut serving = piped(&["serve", "/dev/stdin", "--listen", &address.to_string()]);
    wait_until(|| std::net::TcpStream::connect(address).is_ok());
    assert!(Client::connect(address).get("/prod/hello").text().contains("Hello from Edgeway"));
    serving.kill().unwrap();
    serving.wait().unwrap();
}

#[test]
fn a_signal_to_end_is_heeded_while_a_file_is_read_that_never_ends() {
    let folder = Folder::new();
    configuration(&folder, echo());
    let mut program = Program::start(&folder);
    // The other end of a terminal, where nobody writes.
    let definition = folder.path("api.yaml");
    fs::remove_file(&definition).unwrap();
    symlink("/dev/ptmx", &definition).unwrap();
    let is_read = |program: &Program| {
        let open = fs::read_dir(format!("/proc/{}/fd", program.child.id())).unwrap();
        let mut open = open.filter_map(|file| fs::read_link(file.ok()?.path()).ok());
        open.any(|file| file.ends_with("ptmx"))
    };
    program.signal("HUP");
    program.wait_until(is_read);
    program.signal("TERM");
    let started = Instant::now();
    while program.child.try_wait().unwrap().is_none() {
        assert!(started.elapsed() < PATIENCE, "it does not end");
        std::thread::yield_now();
    }
}
