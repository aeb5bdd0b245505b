import { describe, expect, test } from 'vitest'
import { deviceShell } from '../../helpers/device-shell.ts'

describe('read', () => {
  test.each([
    ['read /3/0/1', ['00000000: 6c 77 6d 32 6d 20 63 6c  69 65 6e 74             |lwm2m client    |']],
    ['read /3/0/1 -x', ['00000000: 6c 77 6d 32 6d 20 63 6c  69 65 6e 74             |lwm2m client    |']],
    ['lwm2m read 3/0/1 -s', ['lwm2m client']],
    ['read /1/0/6 -b', ['0']],
    ['read /1/0/1 -u16', ['300']],
    ['read /1/0/1 -s64', ['300']],
    ['read /1/0/1 -u8', ['option: the value is not unsigned, 8 bits']],
    ['read /3303/0/5700 -f', ['21.000000']],
    ['read /3303/0/5700 -s8', ['21']],
    ['read /3/0/13 -t', [expect.stringMatching(/^\d{10}$/)]],
    ['read /3/0/1 -crc32', ['1470098946']],
    ['read /3/0/11/0 -u8', ['0']],
    ['read /3/0/1 -b', ['option: -b is not for modelNumber, which is of type string']],
    ['read /3/0/1 -u24', ['option: none of -x -s -b -u8 -s8 -u16 -s16 -u32 -s32 -u64 -s64 -f -t -crc32: -u24']],
    ['read /3/0/11', ['path: errorCode is multiple; write one of its instances, such as /3/0/11/0']],
    ['read /3/0/1/0', ['path: modelNumber has no instances']],
    ['read /3/0/4', ['path: reboot has no value; it can be executed']],
    ['read /3/0/7/0', ['path: there is no /3/0/7/0']],
    ['read /3/0/9999', ['path: there is no resource /3/0/9999']],
    ['read /3303/7/5700', ['path: there is no instance /3303/7']],
    ['read /3/0', ['path: /3/0 is an instance; write one such as /3/0/9']],
    ['read x', ['path: "x" is not a LwM2M path; write one to four numbers such as /3/0/9']],
    ['read', ['missing value for argument: path']],
  ])('%s', async (line, output) => {
    const { type } = await deviceShell()
    expect(await type(line)).toEqual(output)
  })
})

describe('write', () => {
  test.each([
    ['-s text', '/3/0/14 -s +02:00', '/3/0/14 -s', '+02:00'],
    ['as text for the type of the resource', '/3303/0/5700 -2.5', '/3303/0/5700 -f', '-2.500000'],
    ['-f', '/3303/0/5700 -f 1e3', '/3303/0/5700 -f', '1000.000000'],
    ['-u8', '/3/0/9 -u8 100', '/3/0/9 -u8', '100'],
    ['-s8 of a float', '/3303/0/5700 -s8 -100', '/3303/0/5700 -s8', '-100'],
    ['-b', '/1/0/6 -b 1', '/1/0/6 -b', '1'],
    ['-t', '/3442/0/160 -t 1714521600', '/3442/0/160 -t', '1714521600'],
    ['a time as ISO 8601', '/3442/0/160 2024-05-01', '/3442/0/160 -t', '1714521600'],
    [
      '-x',
      '/3442/0/150 -x 00ff',
      '/3442/0/150',
      '00000000: 00 ff                                            |..              |',
    ],
    ['the text of bytes', '/3442/0/150 hello', '/3442/0/150 -s', 'hello'],
    [
      'an object link',
      '/3442/0/170 3303:0',
      '/3442/0/170',
      '00000000: 0c e7 00 00                                      |....            |',
    ],
    ['64 bits', '/3442/0/125 18446744073709551615', '/3442/0/125 -u64', '18446744073709551615'],
    ['words in quotes', '/3/0/14 "a b"', '/3/0/14 -s', 'a b'],
    ['a resource instance', '/3/0/7/3 -u16 3300', '/3/0/7/3 -u16', '3300'],
  ])('%s', async (_, written, read, value) => {
    const { type } = await deviceShell()
    await type('create /3442/0')
    expect(await type(`write ${written}`)).toEqual([])
    expect(await type(`read ${read}`)).toEqual([value])
  })

  test.each([
    ['/3/0/9 -u8 300', 'value: not unsigned, 8 bits: 300'],
    ['/3/0/9 -u8 12x', 'value: not a value of type integer: 12x'],
    ['/3/0/9 101', 'value: batteryLevel is out of its range, 0 to 100'],
    ['/3303/0/5700 warm', 'value: not a value of type float: warm'],
    ['/3303/0/5700 -s warm', 'type: -s is not for sensorValue, which is of type float'],
    ['/3303/0/5700 -q 5', 'type: none of -s -b -u8 -s8 -u16 -s16 -u32 -s32 -u64 -s64 -f -t -x: -q'],
    ['/3303/0/5700', 'missing value for argument: value'],
    ['/3303/0/5700 1 2', 'cannot assign positional argument: no more expected parameters'],
    ['/3303/1/5700 1', 'path: there is no instance /3303/1'],
    ['/3/0/4 1', 'path: reboot has no value; it can be executed'],
  ])('of %s changes nothing', async (written, error) => {
    const { type } = await deviceShell()
    const before = await type('ls /3')
    expect(await type(`write ${written}`)).toEqual([error])
    expect((await type('ls /3')).filter(line => !line.includes('/3/0/13'))).toEqual(
      before.filter(line => !line.includes('/3/0/13')),
    )
    expect(await type('read /3303/0/5700 -f')).toEqual(['21.000000'])
  })
})

test.each([
  ['exec /3/0/4', '  asked to reboot; a simulated device stays up'],
  ['exec /3/0/4 0,0', 'arguments: malformed Execute arguments'],
  ['exec /3/0/5', 'path: there is no /3/0/5'],
  ['exec /3/0/1', 'path: modelNumber cannot be executed'],
])('%s', async (line, output) => {
  const { type } = await deviceShell()
  // A Reboot is performed a second after it was asked for.
  expect(await type(line, 1_000)).toEqual([output])
})
