/** A bar of a share between 0 and 1, for the eye; the number stands beside it. The policy allows no style of an element, but it may have attributes. */
export function Bar({ share }: { share: number }) {
  return (
    <svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
      <rect class="rail" width="100" height="8" />
      <rect width={share === 0 ? 0 : Math.max(0.5, 100 * share)} height="8" />
    </svg>
  );
}
