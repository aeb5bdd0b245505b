/** Something that no two sessions have in common, and what stands for it when they are compared. */
interface Rule {
  /** Why it is not compared. */
  readonly reason: string
  readonly pattern: RegExp
  readonly replacement: string
}

/** Stands for a text that is another program's. */
const foreignText = '<foreign text>'

const shownByte = String.raw`(?:\\x[0-9a-f]{2}|\\.|[^\\])`

/** What a shell prints of a packet of the device, up to the place that follows. */
const ofDevice = String.raw`(?:\*\*\* Recv \*\*\*|--- GOT ---)(?:(?!--- EXPECTED)[^])*`

/** Applied to a step of both sessions: the prompt with the line typed after it, then the output. */
const rules: readonly Rule[] = [
  {
    reason: 'The start-up banner names the parts of the program.',
    pattern: /^(?:ignoring \w+: not command-compatible\n)+loaded \d+ message types\n\n/m,
    replacement: '',
  },
  {
    reason: 'A warning of the line editor, which ours has no need of.',
    pattern: /^Warning: Input is not a terminal \(fd=0\)\.\n/m,
    replacement: '',
  },
  {
    reason:
      'Random bytes, raw line ends among them: lines are told apart after that. Tokens that were typed are shorter, and compared.',
    pattern: /^token: (?:(?! \(length: )[^])* \(length: [4-8]\)$/gm,
    replacement: 'token: <token>',
  },
  {
    reason: 'As before.',
    pattern: new RegExp(String.raw`(, token=)b(['"])${shownByte}{4,8}\2`, 'g'),
    replacement: '$1<token>',
  },
  {
    reason: 'As before.',
    pattern: /(, token )(?:\\x[0-9a-f]{2}){4,8}(?=\))/g,
    replacement: '$1<token>',
  },
  {
    reason: 'Each end counts from where it likes. Message ids that were typed are shorter, and compared.',
    pattern: /^(msg_id: |.*\b(?:msg_id = |id=))\d{2,5}\b/gm,
    replacement: '$1<message id>',
  },
  {
    reason: 'The device has another port each time. Those of the shell are the same in both: see ports.ts.',
    pattern: /(?<=client: (?:127\.0\.0\.1|::1)):\d+/g,
    replacement: ':<port>',
  },
  {
    reason: 'The current time, in seconds since 1970, as a text and as four bytes.',
    pattern: /b'[^\n]*' \(int: 1[78]\d{8}, [^\n]*\)$|\b1[78]\d{8}\b/gm,
    replacement: '<time>',
  },
  {
    reason: 'Which objects a device has is its own matter: a Register lists them, and an Update.',
    pattern: /^((?:<- |responding to: )?(?:Register|Update) \S+: )<\/.*$/gm,
    replacement: '$1<objects>',
  },
  {
    reason: 'As before, in full; and which resources an object has. A link alone is compared, with its attributes.',
    pattern: new RegExp(String.raw`(?<=${ofDevice}\n)</[^\n]*,<[^\n]*$`, 'gm'),
    replacement: '<objects>',
  },
  {
    reason: 'How long a payload of the device is follows from what is not compared of it.',
    pattern: /^((?:<- )?Content \(\d+ \(\w+\); )\d+(?= bytes\)$)/gm,
    replacement: '$1<n>',
  },
  {
    reason: 'As before. Texts that are the same in both are shorter.',
    pattern: new RegExp(String.raw`(?<=${ofDevice}\ncontent: )\d{2,}(?= bytes$)`, 'gm'),
    replacement: '<n>',
  },
  {
    reason: 'How a device divides its names into base names and names is its own matter; the values are compared.',
    pattern: new RegExp(
      String.raw`(?<=${ofDevice})('bn': |'n': |<SenmlLabel\.(?:BASE_NAME: -2|NAME: 0)>: )'[/\d]*'`,
      'g',
    ),
    replacement: "$1'<name>'",
  },
  {
    reason: 'How a device encodes CBOR is its own matter, as long as nothing takes it apart.',
    pattern: new RegExp(String.raw`(?<=${ofDevice}\nbinary:\n)\\x[^\n]*$`, 'm'),
    replacement: '<bytes>',
  },
  {
    reason: 'As before: in a row of payloads, what follows the texts among them.',
    pattern: /^(b'[^\\\n]*)\\.*'$/gm,
    replacement: "$1<bytes>'",
  },
  {
    reason: 'What a person reads about a command is in words of our own.',
    pattern: /^(\* exact: help\n\* [^\n]*\n)[^]*?(?=^ARGUMENTS: )/m,
    replacement: '$1<help>\n\n',
  },
  {
    reason: 'The stack of another program; ours is a chain of errors. That there is one is compared.',
    pattern: /^(\* exact: get_error\n)(?!no errors\n)[^]+/m,
    replacement: '$1<error>\n',
  },
]

/**
 * Messages of the interpreter that runs the reference, or of its libraries: ours may say anything in their place, but it has
 * to say something, as the error that it is.
 */
const foreignTexts: readonly RegExp[] = [
  /\[Errno \d+\] [A-Z][\w ]*\w/,
  /'\w+' object has no attribute '\w+'/,
  /invalid literal for int\(\) with base 10: '.*?'/,
  /could not convert string to float: '.*?'/,
  /encoding without a string argument/,
  /\S+ is not a valid instance of \w+Option/,
  /(?:unexpected character after line continuation character|'\(' was never closed) \(<\w+>, line \d+\)/,
  /\('.*%s.*', \(<.* object at 0x[0-9a-f]+>,\)\)/,
]

/** What can be compared of one step of our session, line by line. */
export function comparableLines(text: string): string[] {
  const lines = rules.reduce((rest, { pattern, replacement }) => rest.replace(pattern, replacement), text).split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines
}

/** As {@link comparableLines}, of a recorded session. */
export function recordedLines(text: string): string[] {
  return comparableLines(text).map(line =>
    foreignTexts.reduce((rest, pattern) => rest.replace(pattern, foreignText), line),
  )
}

/** Whether a line of ours is what was recorded. */
export function isSameLine(recorded: string, ours: string): boolean {
  if (recorded === ours) return true
  const at = recorded.indexOf(foreignText)
  if (at < 0) return false
  const after = recorded.slice(at + foreignText.length)
  return ours.length > at + after.length && ours.startsWith(recorded.slice(0, at)) && ours.endsWith(after)
}
