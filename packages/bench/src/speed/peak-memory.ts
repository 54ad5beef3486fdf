import { readFileSync } from 'node:fs';

/**
 * Most memory that this process held so far, bytes: its own, and the pages of mapped files that it touched.
 *
 * Linux keeps it for the program that runs; elsewhere it is what the process ever had.
 */
export function peakMemory(): number {
  try {
    const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
    if (line) return 1024 * Number(line[1]);
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS * 1024;
}
