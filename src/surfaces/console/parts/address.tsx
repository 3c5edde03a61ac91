/** An e-mail address that breaks where people would break it, should it be too long: behind the @, and before a dot. */
export function Address({ of }: { of: string }) {
  return (
    <>
      {of.split(/(?<=@)|(?=\.)/).map((piece, place) => (
        // oxlint-disable-next-line react/no-array-index-key -- pieces of one text, and two may be alike
        <span key={place} class="piece">
          {place > 0 && <wbr />}
          {piece}
        </span>
      ))}
    </>
  );
}
