using System.Collections.Concurrent;

namespace VhdPS.Engine.Files;

/// <summary>The files that this process holds locked, so that a refusal can say who is in the way.</summary>
internal static class OpenFiles
{
    private static readonly ConcurrentDictionary<FileIdentity, int> Counts = new();

    /// <summary>One more handle locks the file.</summary>
    public static void Add(FileIdentity identity) => Counts.AddOrUpdate(identity, 1, static (_, count) => count + 1);

    /// <summary>One handle less.</summary>
    public static void Remove(FileIdentity identity)
    {
        while (Counts.TryGetValue(identity, out int count))
        {
            bool isRemoved = count > 1
                ? Counts.TryUpdate(identity, count - 1, count)
                : Counts.TryRemove(new KeyValuePair<FileIdentity, int>(identity, count));
            if (isRemoved)
            {
                return;
            }
        }
    }

    /// <summary>Whether this process has it locked.</summary>
    public static bool Contains(FileIdentity identity) => Counts.ContainsKey(identity);
}
