import { test } from 'vitest'
import { fuzz } from '../helpers/idle-device-shell.ts'

test('100,000 random lines for the device shell', () => fuzz(100_000), 300_000)
