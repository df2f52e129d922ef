/** Columns of a 32 × 32 matrix over GF(2): how a register looks after zeros were shifted through it. */
type Matrix = Uint32Array

const POLYNOMIAL = 0xedb88320

/**
 * CRC-32 of two texts one after the other, from the CRC-32 of each: ranges that come in parallel are verified as the object that they make.
 * Shifting `a` through `secondBytes` zero bytes is linear, so that it is a power of the matrix of one zero bit.
 */
export function combineCrc32(first: number, second: number, secondBytes: number): number {
  let power = square(square(square(oneZeroBit())))
  let shifted = first
  for (let left = secondBytes; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) shifted = times(power, shifted)
    power = square(power)
  }
  return (shifted ^ second) >>> 0
}

const oneZeroBit = (): Matrix => Uint32Array.from({ length: 32 }, (_, bit) => (bit === 0 ? POLYNOMIAL : 2 ** (bit - 1)))

function times(matrix: Matrix, vector: number): number {
  let sum = 0
  for (let bit = 0; bit < 32; bit++) if ((vector >>> bit) & 1) sum ^= matrix[bit] as number
  return sum >>> 0
}

const square = (matrix: Matrix): Matrix => matrix.map((column) => times(matrix, column))
