import { hideSecrets } from '@reembed/contracts';
import type { ReembedError } from '@reembed/core';
import { errorDocument } from './error-document.ts';
import { highlight, visible } from './visible.ts';

/** The machine as a command sees it: nothing else in here touches `process`, so that tests can run commands. */
export type Host = {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** One line on stdout. */
  readonly out: (line: string) => void;
  /** One line on stderr. */
  readonly err: (line: string) => void;
  /** Where a progress bar may be drawn; null where stdout is no terminal. */
  readonly terminal: NodeJS.WriteStream | null;
  /** Whether a stream wants colours. */
  readonly colours: { readonly out: boolean; readonly err: boolean };
  /** Aborted with an `Interrupted` by Ctrl-C, SIGTERM, or the end of the parent process. */
  readonly signal: AbortSignal;
};

/** A host whose two streams are safe: what data holds of control characters and escape sequences is shown, and never reaches the terminal, nor does a secret. */
export type Outlet = Host & {
  /** The one JSON document of a command with --json. */
  answer(document: unknown): void;
  /** Whether that has been given. */
  readonly answered: () => boolean;
};

export function createOutlet(host: Host, json: boolean): Outlet {
  const write = (stream: 'out' | 'err') => {
    const colours = host.colours[stream] && !(json && stream === 'out');
    return (line: string) => {
      const shown = visible(hideSecrets(line));
      host[stream](colours ? highlight(shown) : shown);
    };
  };
  let answered = false;
  const out = write('out');
  return {
    ...host,
    out,
    err: write('err'),
    answer: (document) => {
      answered = true;
      out(JSON.stringify(document, null, 2));
    },
    answered: () => answered,
  };
}

/** The options every command knows. */
export type GlobalOptions = { readonly json: boolean; readonly verbose: boolean };

/** What a command works with. */
export type Cli = Host &
  GlobalOptions & {
    /** Everything that was typed behind `reembed`. */
    readonly typed: readonly string[];
    /** For people: left out where --json asks for a document. */
    say(line: string): void;
    /** The result: one JSON document, or text for people, none where it is empty. Throws `ending`, which the document then holds as well. */
    result(document: object, text: () => string, ending?: ReembedError | null): void;
  };

export function createCli(outlet: Outlet, typed: readonly string[], { json, verbose }: GlobalOptions): Cli {
  const say = (line: string) => {
    if (!json) outlet.out(line);
  };
  return {
    ...outlet,
    typed,
    json,
    verbose,
    say,
    result(document, text, ending = null) {
      if (json) outlet.answer(ending === null ? document : { ...document, error: errorDocument(ending) });
      const told = json ? '' : text();
      if (told !== '') say(told);
      if (ending !== null) throw ending;
    },
  };
}
