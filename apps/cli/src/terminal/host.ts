/** The machine as a command sees it: nothing else in here touches `process`, so that tests can run commands. */
export type Host = {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** One line on stdout. */
  readonly out: (line: string) => void;
  /** One line on stderr. */
  readonly err: (line: string) => void;
  /** Where a progress bar may be drawn; null where stdout is no terminal. */
  readonly terminal: NodeJS.WriteStream | null;
  /** Aborted with an `Interrupted` by Ctrl-C, SIGTERM, or the end of the parent process. */
  readonly signal: AbortSignal;
};

/** The options every command knows. */
export type GlobalOptions = { readonly json: boolean; readonly verbose: boolean };

/** What a command works with. */
export type Cli = Host &
  GlobalOptions & {
    /** For people: left out where --json asks for a document. */
    say(line: string): void;
    /** The result: one JSON document, or text for people. */
    result(document: unknown, text: () => string): void;
  };

export function createCli(host: Host, { json, verbose }: GlobalOptions): Cli {
  return {
    ...host,
    json,
    verbose,
    say: (line) => {
      if (!json) host.out(line);
    },
    result: (document, text) => host.out(json ? JSON.stringify(document, null, 2) : text()),
  };
}
