/**
 * Turns names of the registry into identifiers of a program: "Min Measured Value" becomes `minMeasuredValue`, "5QI"
 * `_5qi`. One instance serves one scope, such as the resources of an object.
 */
export class Identifiers {
  readonly #taken: Set<string>

  /** `variable` also keeps clear of the words that may name a property but not a variable. */
  constructor(kind: 'property' | 'variable') {
    this.#taken = new Set(kind === 'variable' ? [...unsafeNames, ...reservedWords] : unsafeNames)
  }

  /**
   * The identifier of a name. One that is taken or unsafe gets the id as a suffix (`description_12`); a name without any
   * Latin letter or digit is `unnamed_12`. Ids must differ from call to call.
   */
  take(name: string, id: number): string {
    const plain = toLowerCamelCase(name)
    // Behind its first character nothing else has a `_`, so that a suffix cannot meet another name.
    const identifier = plain === '' ? `unnamed_${id}` : this.#taken.has(plain) ? `${plain}_${id}` : plain
    this.#taken.add(identifier)
    return identifier
  }
}

function toLowerCamelCase(name: string): string {
  const words = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    // "Secret Key(s)" is a plural, not two words.
    .replace(/\(s\)/g, 's')
    // "ExtDevInfo" is three words; "LwM2M" and "IPv4" are one.
    .replace(/([a-z]{2})(?=[A-Z])/g, '$1 ')
    .match(/[A-Za-z0-9]+/g)
  if (words === null) return ''
  const [first = '', ...rest] = words.map(word => word.toLowerCase())
  const identifier = first + rest.map(word => word.charAt(0).toUpperCase() + word.slice(1)).join('')
  return /^\d/.test(identifier) ? `_${identifier}` : identifier
}

/**
 * Names that no property should have: what every object inherits, and `then`, by which an object passes for a promise.
 */
const unsafeNames: ReadonlySet<string> = new Set([...Object.getOwnPropertyNames(Object.prototype), 'prototype', 'then'])

const reservedWords: ReadonlySet<string> = new Set(
  `arguments await break case catch class const continue debugger default delete do else enum eval export extends false
  finally for function if implements import in instanceof interface let new null package private protected public return
  static super switch this throw true try typeof undefined var void while with yield`.split(/\s+/),
)
