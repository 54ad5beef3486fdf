/** Starts what computes beside the page: the same program, told apart by its name. */
export function startWorker(name: 'see' | 'train' | 'survey'): Worker {
  switch (name) {
    case 'see':
      return new Worker(new URL('./worker/worker.ts', import.meta.url), { type: 'module', name: 'see' });
    case 'train':
      return new Worker(new URL('./worker/worker.ts', import.meta.url), { type: 'module', name: 'train' });
    case 'survey':
      return new Worker(new URL('./worker/worker.ts', import.meta.url), { type: 'module', name: 'survey' });
  }
}

/** Why a worker stopped, in a sentence. */
export function whyStopped({ message }: ErrorEvent): string {
  return `The worker stopped: ${message || 'its program could not be read'}.`;
}
