/**
 * Waits, where a 30 seconds' step of TOTP is about to end, for the next: a code that is computed now must still be of
 * the present step when it arrives.
 */
export async function earlyInStep(offsetMs = 0): Promise<void> {
  const leftMs = 30_000 - ((Date.now() + offsetMs) % 30_000)
  if (leftMs < 5_000) await new Promise(resolve => setTimeout(resolve, leftMs + 50))
}
