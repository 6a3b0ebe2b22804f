namespace VhdPS;

/// <summary>What is to be known of a fixed VHD of more than 2040 GiB.</summary>
internal static class LargeFixedImage
{
    /// <summary>The warning, given once a file.</summary>
    public static string Warning(string path) =>
        $"{path}: a fixed image of more than 2040 GiB is one for Azure: Hyper-V and qemu-img do not open it.";
}
