import { test } from 'vitest'
import { fuzzCertificates, fuzzOwnFiles } from '../helpers/certificate-fuzz.ts'

test('100,000 changed chains get a verdict, and none is trusted', () => fuzzCertificates(100_000, 3))

test('20,000 changed files get a verdict', () => fuzzOwnFiles(20_000, 4))
