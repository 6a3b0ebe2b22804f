namespace VhdPS.Engine.Pages;

/// <summary>The snapshot that changes are asked since: of a blob by its time, of a managed disk by the address of its snapshot.</summary>
public sealed class PreviousSnapshot
{
    private PreviousSnapshot(string? time, PageBlobAddress? address)
    {
        Time = time;
        Address = address;
    }

    /// <summary>The time that names it, as the service writes it.</summary>
    public string? Time { get; }

    /// <summary>Its address.</summary>
    public PageBlobAddress? Address { get; }

    /// <summary>A snapshot of the same blob.</summary>
    public static PreviousSnapshot At(string time) => new(time, null);

    /// <summary>A snapshot with an address of its own. One of a blob is the same as its time.</summary>
    public static PreviousSnapshot At(PageBlobAddress address) =>
        address is { IsManagedDisk: false, Snapshot: { } time } ? new(time, null) : new(null, address);

    /// <summary>The time, or the address without its query.</summary>
    public override string ToString() => Time ?? Address!.Target;
}
