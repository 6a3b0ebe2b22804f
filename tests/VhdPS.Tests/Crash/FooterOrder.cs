using VhdPS.Engine.Format;
using VhdPS.Tests.Files;

namespace VhdPS.Tests.Crash;

/// <summary>
/// Proves of the changes that an operation makes in place that between any two syncs one footer that is on the medium is left
/// alone, and that the footer at the end is given up only when another is on the medium behind the data. Power cuts alone do
/// not show it: there a sector is written or not, and never spoilt.
/// </summary>
internal static class FooterOrder
{
    private static ReadOnlySpan<byte> Cookie => "conectix"u8;

    /// <summary>Goes through the changes of an image that has a whole footer at both places; others are not looked at.</summary>
    public static void Verify(ReadOnlySpan<byte> initial, IReadOnlyList<Change> changes, string what)
    {
        long end = initial.Length - VhdSpec.FooterSize;
        if (end <= 0 || end % VhdSpec.SectorSize != 0 || !initial.StartsWith(Cookie) || !initial[(int)end..].StartsWith(Cookie)
            || changes.Count == 0)
        {
            return;
        }

        HashSet<long> held = [0, end];
        int first = 0;
        for (int i = 0; i < changes.Count; i++)
        {
            if (changes[i].Kind == ChangeKind.Flush)
            {
                held = VerifyEpoch(held, [.. changes.Skip(first).Take(i - first)], $"{what}, changes {first} to {i}");
                first = i + 1;
            }
        }

        Assert.True(changes[^1].Kind == ChangeKind.Flush, $"{what}: the last change is not synced");
    }

    private static HashSet<long> VerifyEpoch(HashSet<long> held, Change[] changes, string what)
    {
        HashSet<long> untouched = [.. held.Where(place => !changes.Any(change => IsLost(change, place) || IsFooterAt(change, place)))];
        Assert.True(untouched.Count > 0, $"{what}: no footer is left alone");
        if (held.Any(place => place != 0 && changes.Any(change => IsLost(change, place))))
        {
            Assert.True(untouched.Any(place => place != 0), $"{what}: the footer at the end is given up before another is on the medium");
        }

        HashSet<long> next = untouched;
        foreach (long place in held.Concat(
            changes.Where(change => IsFooterAt(change, change.FileOffset)).Select(change => change.FileOffset)))
        {
            if (changes.LastOrDefault(change => IsLost(change, place) || IsFooterAt(change, place)) is { } last && IsFooterAt(last, place))
            {
                next.Add(place);
            }
        }

        return next;
    }

    private static bool IsFooterAt(Change change, long place) =>
        change.Kind == ChangeKind.Write && change.FileOffset == place && place % VhdSpec.SectorSize == 0
        && change.Data.Length == VhdSpec.FooterSize && change.Data.AsSpan().StartsWith(Cookie);

    private static bool IsLost(Change change, long place) => change.Kind switch
    {
        ChangeKind.SetLength => change.FileOffset < place + VhdSpec.FooterSize,
        ChangeKind.Write => change.Touches(place, VhdSpec.FooterSize) && !IsFooterAt(change, place),
        _ => false,
    };
}
