//! A deployment reaches all threads, or none.

use std::sync::{Arc, mpsc};

use super::WorkerThread;
use crate::engine::{EngineError, EngineKind, PreparedComponent};
use crate::worker::{Command, Deployment};

/// In two steps: what one thread cannot compile (its instance may have no memory left), none serves.
pub(super) fn on_all(
    workers: &[WorkerThread],
    engine: EngineKind,
    deployment: &Deployment,
) -> Result<(), EngineError> {
    match engine {
        EngineKind::Component => load_for(workers, &deployment.snapshot)?,
        EngineKind::Native => compile_on(workers, &deployment.snapshot)?,
    }
    let (done, committed) = mpsc::channel();
    for worker in workers {
        worker.send(Command::Commit(Arc::clone(&deployment.settings), done.clone()));
    }
    drop(done);
    committed.into_iter().for_each(drop);
    Ok(())
}

/// Loads an instance for each thread on none of them: those serve meanwhile.
fn load_for(workers: &[WorkerThread], snapshot: &Arc<[u8]>) -> Result<(), EngineError> {
    // The other half of the processors is for those that serve.
    let at_once = std::thread::available_parallelism().map_or(1, |all| all.get().div_ceil(2));
    let load = || PreparedComponent::load(Arc::clone(snapshot));
    let mut loaded = Vec::with_capacity(workers.len());
    for some in workers.chunks(at_once) {
        let some: Result<Vec<_>, _> = std::thread::scope(|scope| {
            let threads: Vec<_> = some.iter().map(|_| scope.spawn(load)).collect();
            let panicked = |_| Err(EngineError("loading the snapshot panicked".into()));
            threads.into_iter().map(|thread| thread.join().unwrap_or_else(panicked)).collect()
        });
        loaded.extend(some?);
    }
    for (worker, loaded) in workers.iter().zip(loaded) {
        worker.send(Command::Hold(loaded));
    }
    Ok(())
}

/// What is compiled natively belongs to its thread, and is compiled there.
fn compile_on(workers: &[WorkerThread], snapshot: &Arc<[u8]>) -> Result<(), EngineError> {
    let (done, answers) = mpsc::channel();
    for worker in workers {
        worker.send(Command::Prepare(Arc::clone(snapshot), done.clone()));
    }
    drop(done);
    // All of them are waited for: what is forgotten has to be there.
    let answers: Vec<_> = answers.into_iter().collect();
    answers.into_iter().collect::<Result<(), _>>().inspect_err(|_| {
        workers.iter().for_each(|worker| worker.send(Command::Forget));
    })
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc::unbounded_channel;

    use super::*;

    /// Threads that compile or not, and what else they were ordered.
    fn deployed(
        compile: &[bool],
        engine: EngineKind,
        snapshot: Arc<[u8]>,
    ) -> (bool, Vec<Vec<&'static str>>) {
        let start = |&compiles: &bool| {
            let (commands, mut orders) = unbounded_channel();
            let (ordered, list) = mpsc::channel();
            let thread = std::thread::spawn(move || {
                while let Some(command) = orders.blocking_recv() {
                    match command {
                        Command::Prepare(_, done) => {
                            let refused = || EngineError("no memory".into());
                            done.send(compiles.then_some(()).ok_or_else(refused)).unwrap();
                        }
                        Command::Hold(_) => ordered.send("hold").unwrap(),
                        Command::Commit(_, done) => {
                            ordered.send("commit").unwrap();
                            done.send(()).unwrap();
                        }
                        Command::Forget => ordered.send("forget").unwrap(),
                        _ => unreachable!("nothing else is ordered"),
                    }
                }
            });
            (WorkerThread { commands, thread }, list)
        };
        let (workers, lists): (Vec<_>, Vec<_>) = compile.iter().map(start).unzip();
        let deployment = Deployment { snapshot, settings: Arc::default() };
        let is_deployed = on_all(&workers, engine, &deployment).is_ok();
        drop(workers); // their threads end, and so do the lists
        (is_deployed, lists.into_iter().map(|list| list.into_iter().collect()).collect())
    }

    #[test]
    fn what_one_thread_cannot_compile_none_serves() {
        let nobody = vec![vec!["forget"]; 3];
        let told = deployed(&[true, false, true], EngineKind::Native, Arc::default());
        assert_eq!(told, (false, nobody));
    }

    #[test]
    fn what_all_threads_have_compiled_all_of_them_serve() {
        let told = deployed(&[true, true], EngineKind::Native, Arc::default());
        assert_eq!(told, (true, vec![vec!["commit"]; 2]));
    }

    #[test]
    fn no_thread_that_serves_loads_an_instance_for_it() {
        let snapshot = crate::engine::fixture::snapshot();
        let told = deployed(&[true, true], EngineKind::Component, snapshot);
        assert_eq!(told, (true, vec![vec!["hold", "commit"]; 2]));
        let refused = deployed(&[true, true], EngineKind::Component, Arc::default());
        assert_eq!(refused, (false, vec![vec![]; 2]));
    }
}
