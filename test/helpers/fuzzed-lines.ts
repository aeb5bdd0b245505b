import type { Random } from '../../transport/random.ts'

/** Words that somebody might type who means no good, or does not know better. */
const hostileWords: readonly string[] = String.raw`
-1 0 1 65535 65536 4294967296 9007199254740993 99999999999999999999999999 1e309 -1e-400 0x10 1_000 ٣ NaN inf
None ANY True false * ? $HOME ;ls | && > - # -x -s -b -f -t -u8 -s64 -crc32 -bogus --help
" ' "' '' "open b' [ ] ( ) [[[[ ((1,2), {} , ,,, = == a=b=c \ \x \xg1 \x00 \xff\xfe \u1234 \777 \n \N{DASH}
/ // /3 /3/ /3/0 /3//0 3/0 /65535 /65536/0 /3/0/0/0/0 /-1 /3/0/0?pmin=1 /a/b /../..
BLOCK1(0,True,64) BLOCK1(1048576,True,64) BLOCK2(0,0,17) URI_PATH("3") OBSERVE(-1) FOO(1) URI_PATH( IF_NONE_MATCH
Lwm2mUpdate("/rd/demo",content=b"") coap.Packet() __import__("os").exit() Lwm2mRead(Lwm2mRead("/3"))
msg_id=5 token= token=aaaaaaaaa path=/3 options= timeout_s=-1 timeout_s=0 port=-1 __proto__=1 constructor toString`
  .split(/\s/)
  .concat('\u0000', '\u001B[2J', '\u202E', '\uD800', '💥')

/** What changes the meaning of the rest of a line. */
const marks = `"'()[]=,\\/ -.0x`

/** Makes command lines by chance: the same for the same random numbers. */
export class LineFuzz {
  readonly #random: Random
  readonly #lines: readonly string[]
  readonly #words: readonly string[]

  /** `lines`: valid ones, of every command; `files`: what names of files are made of. */
  constructor(random: Random, lines: readonly string[], files: readonly string[]) {
    this.#random = random
    this.#lines = lines
    const known = lines.flatMap(line => line.split(' '))
    this.#words = [...new Set([...known, ...hostileWords, ...files])]
  }

  below(limit: number): number {
    return Math.floor(this.#random.fraction() * limit)
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T
  }

  /** One line, without a line break. */
  line(): string {
    const kind = this.below(20)
    if (kind === 0) return this.#noise(this.below(60))
    if (kind === 1) return Array.from({ length: this.below(8) }, () => this.pick(this.#words)).join(' ')
    let line = this.pick(this.#lines)
    if (kind < 6) return line
    for (let count = 1 + this.below(3); count > 0; count--) line = this.#mutate(line)
    return line.replace(/[\r\n]/g, ' ')
  }

  #mutate(line: string): string {
    const words = line.split(' ')
    const at = this.below(words.length)
    const place = this.below(line.length + 1)
    switch (this.below(12)) {
      case 0:
        return line.slice(0, place) + line.slice(place + 1 + this.below(3))
      case 1:
        return line.slice(0, place) + marks.charAt(this.below(marks.length)) + line.slice(place)
      case 2:
        return line.slice(0, place) + this.#noise(1 + this.below(4)) + line.slice(place)
      case 3:
        return line.slice(0, place)
      case 4:
        return [...words.slice(0, at), ...words.slice(at + 1)].join(' ')
      case 5:
        return [...words.slice(0, at + 1), ...words.slice(at)].join(' ')
      case 6:
        return line.slice(0, place) + this.pick(this.#lines).slice(place)
      case 7: {
        const name = words[at]?.includes('=') ? `${words[at].split('=')[0]}=` : ''
        return words.with(at, name + this.pick(this.#words)).join(' ')
      }
      case 8:
        return `${line} ${this.pick(this.#words)}`
      case 9:
        // Long lines are rare: each takes as long as many others.
        return (
          line + this.pick(['x', '\\x00', '1', '/3', '"', '(', ' a', ',1']).repeat(this.below(20) === 0 ? 20_000 : 200)
        )
      case 10:
        return words.with(0, (words[0] ?? '').slice(0, 1 + this.below(6))).join(' ')
      default:
        return words.length < 2 ? line : words.with(at, this.pick(words)).join(' ')
    }
  }

  #noise(length: number): string {
    const text =
      this.below(2) === 0 ? this.#random.bytes(length).toString('latin1') : this.#random.bytes(length).toString()
    return text.replace(/[\r\n]/g, ' ')
  }
}
