import { expect, test } from 'vitest';
import { UnreachableError } from '../src/errors';
import { begun, type Entry } from '../src/outbox/entry';
import { Outbox, type World } from '../src/outbox/outbox';
import { Shelf } from '../src/outbox/shelf';
import { FakeStorage } from './fake-storage';

type Note = Entry & { lane: string; madeAt: number };

/** A network that holds each request until it is told what becomes of it. */
class Wire implements World {
  readonly sent: string[] = [];
  time = 0;
  private readonly open = new Map<string, { answer: () => void; lose: () => void }>();
  private readonly storage = new FakeStorage();
  readonly notes = new Notes(this.storage, this);

  send(note: Note): Promise<Note> {
    this.sent.push(note.key);
    return new Promise((resolve, reject) => {
      this.open.set(note.key, {
        answer: () => resolve({ ...note, standing: { kind: 'answered' } }),
        lose: () => reject(new UnreachableError()),
      });
    });
  }

  async answer(key: string): Promise<void> {
    this.open.get(key)?.answer();
    await settled();
  }

  async lose(key: string): Promise<void> {
    this.open.get(key)?.lose();
    await settled();
  }

  now = () => this.time;
  chance = () => 0;
  isOnline = () => true;
  later = () => () => {};
  exclusively = (_name: string, task: () => Promise<void>) => task();
}

class Notes extends Outbox<Note> {
  constructor(
    storage: Storage,
    private readonly wire: Wire,
  ) {
    super(new Shelf<Note>(storage, { name: 'note', madeAt: ({ madeAt }) => madeAt }, 'olga'), wire, {
      name: 'note',
      send: (note) => wire.send(note),
      refused: (note) => ({ ...note, standing: { kind: 'refused' } }),
      lane: ({ lane }) => lane,
    });
  }

  write(key: string, lane: string): void {
    this.wire.time += 1;
    this.begin({ key, lane, madeAt: this.wire.time, sends: 0, standing: begun(this.wire.time, true) });
  }
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 40; turn += 1) await Promise.resolve();
}

test('entries of a lane go one after the other, and lanes go side by side', async () => {
  const wire = new Wire();
  wire.notes.write('a1', 'a');
  wire.notes.write('a2', 'a');
  wire.notes.write('b1', 'b');
  wire.notes.write('a3', 'a');
  await settled();
  expect(wire.sent).toEqual(['a1', 'b1']);
  await wire.answer('a1');
  expect(wire.sent).toEqual(['a1', 'b1', 'a2']);
  await wire.answer('a2');
  expect(wire.sent).toEqual(['a1', 'b1', 'a2', 'a3']);
});

test('what comes after an entry without an answer waits for it', async () => {
  const wire = new Wire();
  wire.notes.write('a1', 'a');
  wire.notes.write('a2', 'a');
  await wire.lose('a1');
  expect(wire.sent).toEqual(['a1']);
  void wire.notes.resend(true);
  await settled();
  expect(wire.sent).toEqual(['a1', 'a1']);
  await wire.answer('a1');
  expect(wire.sent).toEqual(['a1', 'a1', 'a2']);
  await wire.answer('a2');
  expect(wire.notes.all().map(({ standing }) => standing.kind)).toEqual(['answered', 'answered']);
});
