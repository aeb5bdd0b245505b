import { test } from 'vitest'
import { fuzzCertificates, fuzzOwnFiles } from '../../../helpers/certificate-fuzz.ts'

test('3,000 changed chains get a verdict, and none is trusted', () => fuzzCertificates(3000, 1))

test('1,000 changed files get a verdict', () => fuzzOwnFiles(1000, 2))
