namespace VhdPS.Bench.Compare;

/// <summary>Whom work on a whole disk is compared with.</summary>
internal enum DiskPeer
{
    /// <summary>qemu-img doing the same.</summary>
    QemuImg,

    /// <summary>The system's plain tool on the same bytes.</summary>
    PlainTool,
}
