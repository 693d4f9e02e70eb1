// Package ringdir keeps a bounded number of records in a directory. A record is
// a group of files with a common stem that belong together: a heap profile, its
// figures and a report.
//
//	dir := ringdir.New(ringdir.Config{Dir: path, MaxBytes: 64 << 20, MaxFiles: 100, Main: "pb.gz", Last: 3, Largest: 2})
//	id := dir.NewID(time.Now(), "verdict", "leak in cache")
//	_, err := dir.Write(id, "pb.gz", time.Now(), profile)
//	err = dir.Prune(time.Now(), err == nil)
//
// A file is written under a temporary name, synced, renamed, and the directory
// is synced: whoever lists the directory sees whole files only, at whatever
// moment the process is killed.
//
// # Names
//
// A file is called TIME-KIND-REASON-OWNER.EXTENSION, as in
//
//	20261121T065500.123Z-verdict-leak_in_cache-p4711-mi8k2j1q7f3a.pb.gz
//
// The owner is one Dir of one process: its pid and when it was made. Files whose
// names are not of this form are never listed, opened or removed.
//
// # Several processes
//
// A directory may be shared, also between containers in which every process has
// the same pid. So life is not read from the pid: each Dir touches its newest
// record once a minute ([Dir.Beat]), and an owner whose files were not touched
// for [Grace] is gone. Each Dir removes records of its own and of owners that
// are gone, never those of another that lives. What the gone left behind counts
// towards the bounds of whoever prunes next and is given up first, the oldest
// before the rest. The directory thus holds at most MaxBytes for each process
// that ran during the last ten minutes, and one record more while it is written.
//
// A process that was stopped for longer than Grace counts as gone until it
// runs again, and so does every other one for a minute when the clock jumps
// ahead by as much.
//
// # Cost
//
// Each file costs two fsyncs. Listing reads the directory in pieces and keeps
// only what is ours in memory.
//
// # What it cannot see
//
// How much room the disk has left: a full disk is an error of Write. Files that
// somebody else puts there under names of this form are taken for ours.
package ringdir
