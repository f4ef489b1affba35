/**
 * Waits until an assertion holds, by trying it again.
 * @throws what the assertion threw last, when it doesn't hold within the limit
 */
export async function eventually<T>(assertion: () => T | Promise<T>, limitMs = 4_000): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    try {
      return await assertion();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
