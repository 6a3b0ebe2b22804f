namespace VhdPS.Bench.Compare;

/// <summary>How much of a disk the seed fills.</summary>
internal enum DiskFill
{
    /// <summary>All of it.</summary>
    Full,

    /// <summary>About a quarter, in runs of 64 KiB to 1 MiB.</summary>
    Scattered,
}
