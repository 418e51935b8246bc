// Imported by a process that must not outlive the one that started it: a parent that was killed cannot pass on any signal.
const parent = process.ppid;

setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM');
}, 500).unref();
