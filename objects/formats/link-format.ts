import { FormatError } from '../errors.ts'
import { formatDecimal } from './decimal.ts'

/** One link of a CoRE link-format list (RFC 6690 §2). */
export interface Link {
  /** An absolute path such as `/3/0`, percent-encoding kept. */
  readonly target: string
  readonly attributes: LinkAttributes
}

/**
 * Attributes in their order. `true` is an attribute without a value. Written, a number and a text that is a decimal
 * number stay bare (`ver=1.1`) and any other text is quoted (`rt="oma.lwm2m"`). Read, every value is text.
 */
export interface LinkAttributes {
  readonly [name: string]: string | number | true | QuotedText
}

/** A text that is written in quotes even where it is a decimal number. */
export interface QuotedText {
  readonly quoted: string
}

const maxLinks = 10_000
const maxAttributes = 32
const namePattern = /^[!#$&+\-.^_`|~A-Za-z0-9]+\*?$/
const barePattern = /^-?\d+(?:\.\d+)?$/
const targetPattern = /<(\/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2}){0,255})>/y
const attributePattern = /;([!#$&+\-.^_`|~A-Za-z0-9]+\*?)(=)?/y
// RFC 6690 §2, ptoken: every visible character but `"`, `,`, `;` and `\`.
const tokenPattern = /[!#-+\--:<-[\]-~]+/y

/** Writes links as a list. Throws FormatError for an attribute name that is none. */
export function formatLinks(links: readonly Link[]): string {
  return links.map(formatLink).join(',')
}

function formatLink({ target, attributes }: Link): string {
  let text = `<${target}>`
  for (const [name, value] of Object.entries(attributes)) {
    if (!namePattern.test(name)) throw new FormatError('link-format: not an attribute name')
    text += value === true ? `;${name}` : `;${name}=${formatValue(value)}`
  }
  return text
}

function formatValue(value: string | number | QuotedText): string {
  if (typeof value === 'number') return formatDecimal(value)
  if (typeof value === 'object') return quote(value.quoted)
  return barePattern.test(value) ? value : quote(value)
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

/**
 * Reads a list of links, strictly: targets are absolute paths of at most 256
 * characters, no spaces between the parts, no attribute twice in a
 * link, at most 10,000 links of 32 attributes. An empty text is an empty list. Throws FormatError.
 */
export function parseLinks(text: string): Link[] {
  return text === '' ? [] : new LinkReader(text).links()
}

class LinkReader {
  readonly #text: string
  #position = 0

  constructor(text: string) {
    this.#text = text
  }

  links(): Link[] {
    const links: Link[] = []
    do {
      if (links.length === maxLinks) throw this.#malformed('too many links')
      links.push(this.#link())
    } while (this.#take(','))
    if (this.#position < this.#text.length) throw this.#malformed('"," or ";" expected')
    return links
  }

  #link(): Link {
    const target = this.#match(targetPattern)
    if (target === undefined) throw this.#malformed('a path between "<" and ">" expected')
    const attributes = new Map<string, string | true>()
    while (this.#text[this.#position] === ';') {
      const attribute = this.#match(attributePattern)
      if (attribute === undefined) throw this.#malformed('an attribute expected')
      const name = attribute[1] as string
      if (attributes.has(name)) throw this.#malformed('an attribute twice')
      if (attributes.size === maxAttributes) throw this.#malformed('too many attributes')
      attributes.set(name, attribute[2] === undefined ? true : this.#value())
    }
    // Defines each key as an own property, whatever its name.
    return { target: target[1] as string, attributes: Object.fromEntries(attributes) }
  }

  #value(): string {
    if (this.#take('"')) return this.#quoted()
    const token = this.#match(tokenPattern)
    if (token === undefined) throw this.#malformed('a value expected')
    return token[0]
  }

  #quoted(): string {
    let value = ''
    let start = this.#position
    for (let end = start; end < this.#text.length; end++) {
      const code = this.#text.charCodeAt(end)
      if (code === 0x22) {
        this.#position = end + 1
        return value + this.#text.slice(start, end)
      }
      if (code < 0x20 || code === 0x7f) break
      if (code === 0x5c) {
        value += this.#text.slice(start, end)
        start = ++end
      }
    }
    throw this.#malformed('a quoted value without its end')
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#position
    const match = pattern.exec(this.#text)
    if (match === null) return undefined
    this.#position = pattern.lastIndex
    return match
  }

  #take(character: string): boolean {
    if (this.#text[this.#position] !== character) return false
    this.#position++
    return true
  }

  #malformed(what: string): FormatError {
    return new FormatError(`link-format: ${what} at ${this.#position}`)
  }
}
