/**
 * Waits until an assertion holds, by trying it again.
 * @throws what the assertion threw last, when it doesn't hold within the limit
 */
export async function eventually(assertion: () => Promise<void>, limitMs: number): Promise<void> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    try {
      await assertion();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
