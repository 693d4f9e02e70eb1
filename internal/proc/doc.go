// Package proc reads what the kernel says about this process: its memory, its
// processor time, and how long its threads waited for a processor.
//
//	rss, err := proc.RSS()
//	if errors.Is(err, errors.ErrUnsupported) { … } // leave the figure out
//	group, err := cgroup.Find(proc.Files())
//
//	var waits proc.Waits
//	err := waits.Read() // and again later: waits.Total is what was gained
//
// # Cost
//
// Four system calls on a file, some 5 to 10 µs for /proc/self/statm, however
// large the process is. /proc/self/smaps, which has finer figures, is never read: it
// walks all page tables under the lock that page faults need, which took 8 ms
// for a heap of 2 GB. [ReadUsage] and [Suspended] take less than a microsecond,
// [Waits] about ten per thread, [File] five to twenty, and none of them allocates.
//
// # What it cannot see
//
// Which pages are shared: resident memory counts the pages of the program file
// and of libraries in full. The kernel keeps the figure in per-CPU counters
// since Linux 6.2 and reads it without adding them up exactly, so it can be off
// by some dozens of pages per processor. A thread that still waits for a processor
// has not waited yet: the kernel adds it up when it gets one.
package proc
