interface LogoProps {
  size?: number;
}

/** The bell: brass on nothing, the same drawing as the app's icon (public/favicon.svg). */
export function Logo({ size = 28 }: LogoProps) {
  return (
    <svg width={size} height={size} viewBox="0 0 64 64" aria-hidden="true" focusable="false">
      <path
        fill="var(--accent)"
        d="M32 10a4 4 0 0 1 4 4v1.3C44.700 17 50 24 50 33v9h2a4 4 0 0 1 0 8H12a4 4 0 0 1 0-8h2v-9c0-9 5.300-16 14-17.700V14a4 4 0 0 1 4-4z"
      />
      <circle cx="32" cy="55" r="5" fill="currentColor" />
    </svg>
  );
}
